package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"golang.org/x/term"
)

// Prompt is a line editor in the bottom row of a terminal. What was submitted disappears from the
// row; who wants it to stay gives it to Echo. While the program is in the background of the
// terminal, the row is not there and no key is read.
type Prompt struct {
	in          *os.File
	continued   <-chan struct{} // has something after the program was stopped and continued
	interrupted chan struct{}   // closed on Ctrl-C
	ready       chan struct{}   // has something when lines or over changed
	closing     chan struct{}   // closed by Close
	close       sync.Once
	done        chan struct{} // closed when the terminal is restored

	cooked  atomic.Pointer[term.State]          // to restore; nil while it is in use
	confirm atomic.Pointer[func(string) string] // see AskFirst; nil: nothing is asked

	mu        sync.Mutex // guards all below, and every write to the terminal
	screen    screen
	editor    editor
	lines     []string // submitted, not yet read
	question  *question
	over      error     // why no more come
	suspended bool      // Ctrl-Z was pressed
	asked     time.Time // when the question of confirm was shown; zero: other keys followed
	asking    string    // for which key
}

// question is what Ask has asked, and what it has set aside.
type question struct {
	answer        chan string // has room for one
	prompt        string
	before, after string // of the editor
}

var (
	_ Console = (*Prompt)(nil)
	_ Asker   = (*Prompt)(nil)
)

const (
	// frontEvery is how often a program in the background looks whether it is in front again: a
	// shell that brings a running job to the front sends no signal.
	frontEvery = 200 * time.Millisecond

	// closePatience is how long Close waits for a terminal that takes no output.
	closePatience = time.Second
)

// NewPrompt uses the terminal until Close. color allows dimming.
func NewPrompt(in *os.File, out TerminalFile, color bool) (*Prompt, error) {
	restoreOutput, err := prepareOutput(out)
	if err != nil {
		return nil, fmt.Errorf("tui: preparing the terminal: %w", err)
	}
	continued, stopContinued := watchContinued()
	p := &Prompt{
		in: in, continued: continued,
		interrupted: make(chan struct{}), ready: make(chan struct{}, 1),
		closing: make(chan struct{}), done: make(chan struct{}),
	}
	p.screen = screen{out: out, columns: func() int { return columns(out) }, color: color, line: &p.editor}
	stopResize := watchResize(p.resized)
	go func() {
		defer close(p.done)
		p.run()
		stopResize()
		stopContinued()
		restoreOutput()
	}()
	return p, nil
}

// run reads keys whenever the program is in front, until no more lines come.
func (p *Prompt) run() {
	for p.goesOn() {
		switch {
		case !inFront(p.in):
			p.pause()
		case !isAlive(p.in):
			p.end(ErrGone)
		default:
			p.sit()
		}
	}
}

// goesOn says whether more lines can come, and makes Close the end of them.
func (p *Prompt) goesOn() bool {
	select {
	case <-p.closing:
		p.end(io.EOF)
	default:
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.over == nil
}

// end says that no more lines come, unless that was said.
func (p *Prompt) end(why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over == nil {
		p.finish(why)
	}
}

// pause waits a little for the program to come to the front.
func (p *Prompt) pause() {
	select {
	case <-p.closing:
	case <-p.continued:
	case <-time.After(frontEvery):
	}
}

// sit takes the terminal over and reads keys, until they end the Prompt or the terminal is to be
// looked at anew: after Ctrl-Z, after the program was stopped and continued, and when no key can be
// read.
func (p *Prompt) sit() {
	if err := p.takeOver(); err != nil {
		p.end(fmt.Errorf("tui: preparing the terminal: %w", err))
		return
	}
	unread := make(chan struct{}, 1)
	program := tea.NewProgram(keys{p},
		tea.WithInput(keyboard{p.in, unread}), tea.WithOutput(io.Discard),
		tea.WithoutRenderer(), tea.WithFPS(1),
		tea.WithoutSignalHandler(),               // the program decides what a signal means
		tea.WithColorProfile(colorprofile.Ascii), // asking would start tmux
	)
	ended, failed := make(chan struct{}), false
	var watching sync.WaitGroup
	watching.Go(func() {
		select {
		case <-p.closing:
		case <-p.continued:
		case <-unread:
			failed = true
		case <-ended:
		}
		program.Quit()
	})
	_, err := program.Run()
	close(ended)
	watching.Wait()
	p.giveBack()
	switch {
	case errors.Is(err, tea.ErrProgramPanic):
		p.end(fmt.Errorf("tui: %w", err))
	case p.suspends():
		stopUntilContinued(p.continued)
	case failed || err != nil:
		p.pause()
	}
}

// takeOver puts the terminal into raw mode and shows the row.
func (p *Prompt) takeOver() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	cooked, err := term.MakeRaw(int(p.in.Fd()))
	if err != nil {
		return err
	}
	p.cooked.Store(cooked)
	p.screen.start()
	return nil
}

// giveBack restores the terminal. In the background it belongs to somebody else already.
func (p *Prompt) giveBack() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if inFront(p.in) {
		p.screen.stop()
		p.restore()
	} else {
		p.screen.open = false
		p.cooked.Store(nil)
	}
}

// restore puts the terminal into the mode in which it was found. Any goroutine; it never waits.
func (p *Prompt) restore() {
	if cooked := p.cooked.Swap(nil); cooked != nil {
		_ = term.Restore(int(p.in.Fd()), cooked) // a terminal that is gone needs nothing
	}
}

// suspends says whether Ctrl-Z was pressed since it was last asked.
func (p *Prompt) suspends() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	suspended := p.suspended
	p.suspended = false
	return suspended
}

// Close restores the terminal; lines that were submitted can still be read.
func (p *Prompt) Close() error {
	p.close.Do(func() { close(p.closing) })
	select {
	case <-p.done:
	case <-time.After(closePatience):
		p.restore()
	}
	return nil
}

// keyboard is a terminal that tells when no key can be read from it.
type keyboard struct {
	*os.File
	unread chan<- struct{}
}

func (k keyboard) Read(b []byte) (int, error) {
	n, err := k.File.Read(b)
	if err != nil {
		select {
		case k.unread <- struct{}{}:
		default:
		}
	}
	return n, err
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

// Ask implements Asker.
func (p *Prompt) Ask(ctx context.Context, text string) (string, error) {
	q := p.ask(text)
	select {
	case line := <-q.answer:
		return line, nil
	case <-p.done:
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.question == q {
		p.settle()
		p.screen.draw()
	}
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	return "", p.over
}

func (p *Prompt) ask(text string) *question {
	p.mu.Lock()
	defer p.mu.Unlock()
	q := &question{make(chan string, 1), p.screen.prompt, p.editor.before, p.editor.after}
	p.question = q
	p.editor.before, p.editor.after, p.screen.prompt = "", "", clean(text)
	p.screen.draw()
	return q
}

// settle ends the question and takes up what was set aside. p.mu is held.
func (p *Prompt) settle() {
	q := p.question
	p.question = nil
	p.screen.prompt, p.editor.before, p.editor.after = q.prompt, q.before, q.after
	p.editor.place = len(p.editor.history)
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

// AskFirst implements Console.
func (p *Prompt) AskFirst(ask func(key string) string) { p.confirm.Store(&ask) }

// Interactive implements Console.
func (p *Prompt) Interactive() bool { return true }

func (p *Prompt) resized() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.screen.resized()
}

// submit queues lines for ReadLine, but the first may answer a question. p.mu is held.
func (p *Prompt) submit(lines ...string) {
	if p.question != nil && len(lines) > 0 {
		p.question.answer <- lines[0]
		p.settle()
		lines = lines[1:]
	}
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
		p.asked = time.Time{}
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
	name := key.Keystroke()
	if name != p.asking {
		p.asked = time.Time{}
	}
	switch name {
	case "ctrl+c":
		return p.interrupt()
	case "ctrl+d":
		if !p.editor.empty() {
			p.editor.remove()
			break
		}
		if p.asks(name, "Ctrl-D") {
			break
		}
		p.finish(io.EOF)
		return true
	case "enter", "ctrl+j", "ctrl+m", "kpenter":
		p.submit(p.editor.submit())
	case "ctrl+l":
		p.screen.clear()
	case "ctrl+z":
		p.suspended = true
		return true
	default:
		if edit, ok := bindings[name]; ok {
			edit(&p.editor)
		} else {
			p.editor.insert(strings.NewReplacer("\n", " ", "\r", " ").Replace(key.Text))
		}
	}
	return false
}

// asks shows the question that comes before a key takes effect, and says whether it did. Users know
// the key as key. p.mu is held.
func (p *Prompt) asks(name, key string) bool {
	ask := p.confirm.Load()
	if p.over != nil || ask == nil || time.Since(p.asked) < AgainWithin {
		return false
	}
	question := (*ask)(key)
	if question == "" {
		return false
	}
	p.screen.print(question, clean)
	p.asked, p.asking = time.Now(), name
	return true
}

// interrupt does what Ctrl-C asks for and says whether that ends the Prompt. p.mu is held.
func (p *Prompt) interrupt() (quit bool) {
	if p.over == nil && p.confirm.Load() != nil && !p.editor.empty() {
		p.editor.discard()
		return false
	}
	if p.asks("ctrl+c", "Ctrl-C") {
		return false
	}
	if p.over == nil {
		close(p.interrupted)
	}
	p.finish(ErrInterrupted)
	return true
}

// columns returns a terminal's width, 80 if it does not tell.
func columns(out TerminalFile) int {
	if w, _, err := term.GetSize(int(out.Fd())); err == nil && w > 0 {
		return w
	}
	return 80
}

// isAlive returns whether a terminal is still there.
func isAlive(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }
