// Package setting is what an operator can set: each thing by its name as a flag, in the environment and in the file, with what it
// is by default, and the field that it sets.
//
// It knows nothing of what is set, or of where the text comes from: whoever has the fields makes the rows.
//
// Its laws: what is refused leaves the field as it was; whoever makes a row sees that its default can be used; a refusal shows an
// example of what would do, or the bounds, in the language of the screen.
package setting

import (
	"strings"

	"parley/locale"
)

// Setting is one thing that an operator can set: as a flag, in the environment, or in the TOML file, in that order of
// precedence. A row is the one definition of all three.
type Setting struct {
	Key     string // in the file: `udp.idle`; the flag is --udp-idle, the variable PARLEY_UDP_IDLE
	Default string
	Help    locale.Text
	Field   Field // what it sets
}

// Flag returns the setting's name on the command line.
func (s Setting) Flag() string { return strings.ReplaceAll(s.Key, ".", "-") }

// Env returns the setting's name in the environment.
func (s Setting) Env() string {
	return "PARLEY_" + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(s.Key))
}

// Choices returns what the setting can be where that is one of a few words, else nothing.
func (s Setting) Choices() []string {
	f, _ := s.Field.(choiceField)
	return f.choices
}

// Takes returns the kind of value that the flag takes, as help shows it: N, SIZE, DURATION,
// ADDRESS, NETWORK, DIR, FILE, WORD or TEXT.
func (s Setting) Takes() string {
	switch f := s.Field.(type) {
	case kindField:
		return f.kind
	case choiceField:
		return "WORD"
	case listField:
		return f.kind
	}
	return "TEXT"
}

// IsSwitch says whether the flag may stand without a value.
func (s Setting) IsSwitch() bool {
	_, is := s.Field.(yesNoField)
	return is
}

// IsList says whether the flag may stand more than once: what is given adds up, with commas between.
func (s Setting) IsList() bool {
	_, is := s.Field.(listField)
	return is
}
