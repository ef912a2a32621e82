package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"parley/chat"
	"parley/locale"
)

// Command is a row of the table.
type Command struct {
	Name       string
	Help       locale.Text
	Parameters []Parameter // those without Flag in the order in which they are typed
	Example    string      // its arguments, as typed
	Changes    bool        // it changes something; the others only tell
	Replaces   bool        // each answer stands in the place of the one before

	// Answer returns an empty answer of the command's kind, to read JSON into.
	Answer func() Answer

	run func(ctx context.Context, d *Desk, a Arguments, emit func(Answer) error) error
}

// Parameter is one thing that a command is told.
type Parameter struct {
	Name     string
	Help     locale.Text
	Required bool
	Rest     bool   // takes all that follows, spaces kept
	Flag     bool   // typed as --NAME VALUE, anywhere
	Switch   bool   // a Flag without a value: given or not
	Endless  bool   // a Switch with which answers go on until the one who asks goes away
	Default  string // what leaving it out means
}

// Arguments are a command's parameters by name.
type Arguments map[string]string

// Answer is one thing that a command tells. As JSON it is for programs, as text for people.
type Answer interface {
	Text(locale.Lang) string
}

// Table returns the commands, in the order in which help lists them.
func Table() []Command {
	return []Command{announce, who, kick, history, status}
}

// Find returns the command of a name.
func Find(name string) (Command, bool) {
	i := slices.IndexFunc(Table(), func(c Command) bool { return c.Name == name })
	if i < 0 {
		return Command{}, false
	}
	return Table()[i], true
}

// Run carries the command out, calling emit with each answer. Unknown, missing and unusable arguments are refused with
// BadArgument before anything is done.
func (c Command) Run(ctx context.Context, d *Desk, a Arguments, emit func(Answer) error) error {
	err := c.checked(ctx, d, a, emit)
	var refusal *chat.Refusal
	if errors.As(err, &refusal) {
		d.Refused.Add(refusal.Code)
	}
	return err
}

func (c Command) checked(ctx context.Context, d *Desk, a Arguments, emit func(Answer) error) error {
	for name := range a {
		if !slices.ContainsFunc(c.Parameters, func(p Parameter) bool { return p.Name == name }) {
			return badArgument("%s has no argument %q", c.Name, name)
		}
	}
	for _, p := range c.Parameters {
		if p.Required && strings.TrimSpace(a[p.Name]) == "" {
			return badArgument("%s needs %s: %s", c.Name, strings.ToUpper(p.Name), c.Usage())
		}
	}
	return c.run(ctx, d, a, emit)
}

// IsEndless says whether arguments ask for answers that go on until the one who asks goes away.
func (c Command) IsEndless(a Arguments) bool {
	return slices.ContainsFunc(c.Parameters, func(p Parameter) bool { return p.Endless && a[p.Name] != "" })
}

// Usage returns how the command is typed, such as `kick NICK [REASON]`.
func (c Command) Usage() string {
	words := []string{c.Name}
	for _, p := range c.Parameters {
		word := strings.ToUpper(p.Name)
		switch {
		case p.Switch:
			word = "--" + p.Name
		case p.Flag:
			word = "--" + p.Name + " N"
		}
		if !p.Required {
			word = "[" + word + "]"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

// Parse reads a command as it is typed on one line, without a slash before it.
func Parse(line string) (Command, Arguments, error) {
	name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	c, ok := Find(name)
	if !ok {
		return Command{}, nil, &chat.Refusal{Code: chat.CommandUnknown, Detail: fmt.Sprintf("there is no command %q, try help", name)}
	}
	a, err := c.read(rest)
	return c, a, err
}

func (c Command) read(rest string) (Arguments, error) {
	a := Arguments{}
	var positional []Parameter
	for _, p := range c.Parameters {
		if !p.Flag {
			positional = append(positional, p)
		}
	}
	for {
		rest = strings.TrimLeft(rest, " ")
		if rest == "" {
			return a, nil
		}
		word, after, _ := strings.Cut(rest, " ")
		if flag, ok := strings.CutPrefix(word, "--"); ok {
			taken, err := c.readFlag(a, flag, after)
			if err != nil {
				return nil, err
			}
			rest = taken
			continue
		}
		if len(positional) == 0 {
			return nil, badArgument("%q is one word too many: %s", word, c.Usage())
		}
		p := positional[0]
		positional = positional[1:]
		if p.Rest {
			a[p.Name] = rest
			return a, nil
		}
		a[p.Name], rest = word, after
	}
}

// readFlag takes --NAME, --NAME VALUE or --NAME=VALUE and returns what follows.
func (c Command) readFlag(a Arguments, flag, after string) (string, error) {
	name, value, given := strings.Cut(flag, "=")
	i := slices.IndexFunc(c.Parameters, func(p Parameter) bool { return p.Flag && p.Name == name })
	switch {
	case i < 0:
		return "", badArgument("%s has no flag --%s: %s", c.Name, name, c.Usage())
	case given:
	case c.Parameters[i].Switch:
		value = "true"
	default:
		value, after, _ = strings.Cut(strings.TrimLeft(after, " "), " ")
	}
	a[name] = value
	return after, nil
}

func badArgument(format string, args ...any) error {
	return &chat.Refusal{Code: chat.BadArgument, Detail: fmt.Sprintf(format, args...)}
}
