package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"golang.org/x/term"
)

// Prompt is a line editor in the bottom row of a terminal. What was submitted disappears from the row; who wants it to stay
// gives it to Echo.
type Prompt struct {
	in          *os.File
	cooked      *term.State // the terminal as it was found
	program     *tea.Program
	interrupted chan struct{} // closed on Ctrl-C
	ready       chan struct{} // has something when lines or over changed
	done        chan struct{} // closed when the terminal is restored

	mu     sync.Mutex // guards all below, and every write to the terminal
	screen screen
	editor editor
	lines  []string // submitted, not yet read
	over   error    // why no more come
}

var _ Console = (*Prompt)(nil)

// NewPrompt takes the terminal over until Close. color allows dimming.
func NewPrompt(in, out *os.File, color bool) (*Prompt, error) {
	restoreOutput, err := prepareOutput(out)
	if err != nil {
		return nil, fmt.Errorf("tui: preparing the terminal: %w", err)
	}
	cooked, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		restoreOutput()
		return nil, fmt.Errorf("tui: preparing the terminal: %w", err)
	}
	p := &Prompt{
		in: in, cooked: cooked,
		interrupted: make(chan struct{}), ready: make(chan struct{}, 1), done: make(chan struct{}),
	}
	p.screen = screen{out: out, columns: func() int { return columns(out) }, color: color, line: &p.editor}
	p.program = tea.NewProgram(keys{p},
		tea.WithInput(in), tea.WithOutput(io.Discard), tea.WithoutRenderer(), tea.WithFPS(1),
		tea.WithoutSignalHandler(),               // the program decides what a signal means
		tea.WithColorProfile(colorprofile.Ascii), // asking would start tmux
	)
	p.screen.start()
	stopWatching := watchResize(p.resized)
	go func() {
		defer close(p.done)
		_, err := p.program.Run()
		stopWatching()
		p.restore(err)
		restoreOutput()
	}()
	return p, nil
}

// restore gives the terminal back. Nobody reads keys any more.
func (p *Prompt) restore(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.screen.stop()
	_ = term.Restore(int(p.in.Fd()), p.cooked)
	switch {
	case p.over != nil:
	case err == nil, errors.Is(err, io.EOF):
		p.finish(io.EOF)
	default:
		p.finish(fmt.Errorf("tui: %w", err))
	}
}

// Close restores the terminal; lines that were submitted can still be read.
func (p *Prompt) Close() error {
	p.program.Quit()
	<-p.done
	return nil
}

// ReadLine implements Console.
func (p *Prompt) ReadLine(ctx context.Context) (string, error) {
	for {
		if line, ok, err := p.take(); ok || err != nil {
			return line, err
		}
		select {
		case <-p.ready:
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	}
}

// take returns the next line if there is one, or why there will be none.
func (p *Prompt) take() (line string, ok bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.lines) == 0 || errors.Is(p.over, ErrInterrupted) {
		return "", false, p.over
	}
	line, p.lines = p.lines[0], p.lines[1:]
	return line, true, nil
}

// Print implements Console.
func (p *Prompt) Print(text string) { p.show(text, clean) }

// PrintColored implements Console.
func (p *Prompt) PrintColored(text string) {
	p.show(text, func(line string) string { return cleanColored(line, p.screen.color) })
}

// Echo implements Console.
func (p *Prompt) Echo(line string) {
	if p.screen.color {
		p.show(line, func(line string) string { return faint + clean(line) + plain })
	} else {
		p.show(line, clean)
	}
}

func (p *Prompt) show(text string, dress func(line string) string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.screen.print(text, dress)
}

// SetPrompt implements Console.
func (p *Prompt) SetPrompt(prompt string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.screen.prompt = clean(prompt)
	p.screen.draw()
}

// Interrupted implements Console.
func (p *Prompt) Interrupted() <-chan struct{} { return p.interrupted }

// Interactive implements Console.
func (p *Prompt) Interactive() bool { return true }

func (p *Prompt) resized() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.screen.resized()
}

// submit queues lines for ReadLine. p.mu is held.
func (p *Prompt) submit(lines ...string) {
	p.lines = append(p.lines, lines...)
	p.wake()
}

// finish says that no more lines come. p.mu is held.
func (p *Prompt) finish(why error) {
	p.over = why
	p.wake()
}

func (p *Prompt) wake() {
	select {
	case p.ready <- struct{}{}:
	default:
	}
}

// keys is the Prompt as bubbletea sees it.
type keys struct{ *Prompt }

func (k keys) Init() tea.Cmd { return nil }

func (k keys) View() tea.View { return tea.View{} } // not asked for: there is no renderer

// Update takes a key or a paste.
func (k keys) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	p := k.Prompt
	p.mu.Lock()
	defer p.mu.Unlock()
	switch msg := msg.(type) {
	case tea.PasteMsg:
		p.submit(p.editor.insert(msg.Content)...)
	case tea.KeyPressMsg:
		if quit := p.press(msg); quit {
			return k, tea.Quit
		}
	default:
		return k, nil
	}
	p.screen.draw()
	return k, nil
}

// press does what a key asks for and says whether it ends the Prompt. p.mu is held.
func (p *Prompt) press(key tea.KeyPressMsg) (quit bool) {
	switch name := key.Keystroke(); name {
	case "ctrl+c":
		if p.over == nil {
			close(p.interrupted)
		}
		p.finish(ErrInterrupted)
		return true
	case "ctrl+d":
		if p.editor.empty() {
			p.finish(io.EOF)
			return true
		}
		p.editor.remove()
	case "enter", "ctrl+j", "ctrl+m", "kpenter":
		p.submit(p.editor.submit())
	case "ctrl+l":
		p.screen.clear()
	case "ctrl+z":
		p.suspend()
	default:
		if edit, ok := bindings[name]; ok {
			edit(&p.editor)
		} else {
			p.editor.insert(strings.NewReplacer("\n", " ", "\r", " ").Replace(key.Text))
		}
	}
	return false
}

// suspend gives the terminal back while the program is stopped by job control. p.mu is held: nothing is printed meanwhile.
func (p *Prompt) suspend() {
	p.screen.stop()
	_ = term.Restore(int(p.in.Fd()), p.cooked)
	stopUntilContinued()
	_, _ = term.MakeRaw(int(p.in.Fd()))
	p.screen.start()
}

// columns returns a terminal's width, 80 if it does not tell.
func columns(out *os.File) int {
	if w, _, err := term.GetSize(int(out.Fd())); err == nil && w > 0 {
		return w
	}
	return 80
}
