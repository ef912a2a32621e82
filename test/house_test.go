package test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// house is the module's root, seen from this folder.
const house = ".."

// mayImport says which of our packages a package may import, and why no others. A package that is not in the table may not
// exist: a new room needs a row.
var mayImport = map[string]struct {
	ours []string
	why  string
}{
	"chat":              {nil, "the rules are pure: no I/O, no clock, nothing of ours below them"},
	"ledger":            {[]string{"chat"}, "a log orders commands and knows nothing of what becomes of them"},
	"ledger/local":      {[]string{"chat"}, "an implementation knows the contract's values only"},
	"ledger/ledgertest": {[]string{"chat", "ledger"}, "the suite knows the contract, no implementation"},
	"store":             {[]string{"chat"}, "what is kept is chat's; who keeps it does not matter"},
	"archive":           {[]string{"chat", "locale", "store"}, "files and data directories; what runs on them does not matter"},
	"hub":               {[]string{"chat", "fault", "ledger", "store"}, "the hub knows no door: doors attach"},
	"gather":            {[]string{"chat"}, "moves and times in, notices out; doors have timers"},
	"outbox":            {nil, "bytes in, bytes out; every door shares it"},
	"wire/datagram":     {[]string{"chat", "locale"}, "a codec is pure; refusals travel in the words of a language"},
	"wire/commands":     {[]string{"chat"}, "a codec is pure, whichever log has its frames"},
	"locale":            {[]string{"chat"}, "it words chat's refusals"},
	"nearest":           {nil, "names are compared, whatever they are of"},
	"setting":           {[]string{"locale"}, "names and values of settings; whoever has the fields makes the rows"},
	"command": {
		[]string{"chat", "guard", "hub", "locale", "nearest"},
		"doors offer the table, so it knows no door; guard counts what a member may begin",
	},
	"certificate": {
		[]string{"locale"},
		"a certificate and its files; who connects does not matter",
	},
	"guard":           {nil, "addresses and rates; what is spoken from them does not matter"},
	"fault":           {nil, "a panic is a value and a stack; what it costs, the caller decides"},
	"door/udp/socket": {nil, "packets and addresses; what is in a packet does not matter"},
	"door/udp": {
		[]string{
			"chat", "door/udp/socket", "fault", "guard", "hub", "locale", "outbox", "setting",
			"wire/datagram",
		},
		"a door translates its own wire and brings its own settings; never another door",
	},
	"wire/line": {
		[]string{"chat", "locale"},
		"a codec is pure; lines travel in the words of a language",
	},
	"doctor": {
		[]string{
			"archive", "certificate", "command", "door/port", "door/udp", "door/udp/socket",
			"locale", "server", "store", "wire/datagram",
		},
		"it looks at what a server needs; its caller knows how to ask a server",
	},
	"door/stream": {
		[]string{"chat", "fault", "guard", "hub", "outbox"},
		"it serves connections for any protocol, so it knows none",
	},
	"door/line": {
		[]string{
			"chat", "command", "door/stream", "gather", "hub", "locale", "setting", "wire/line",
		},
		"it translates its own wire and leaves connections to door/stream; members' commands are " +
			"those of the table",
	},
	"door/console": {
		[]string{"chat", "command", "gather", "hub", "locale"},
		"a terminal over the table of commands, and the lobby above its prompt",
	},
	"door/port": {
		[]string{"fault", "guard", "hub", "locale", "setting"},
		"it detects protocols, hands connections over and brings its own settings: of the hub it " +
			"knows the report, of doors nothing",
	},
	"door/ways": {
		[]string{"locale"},
		"it hands out clients, which meet the server on the wire only",
	},
	"health":   {[]string{"chat", "hub"}, "it watches the hub and what doors report"},
	"door/api": {[]string{"chat", "command"}, "HTTP over the table of commands"},
	"client":   {[]string{"chat", "wire/datagram"}, "a client meets the server on the wire only"},
	"load": {
		[]string{"chat", "locale", "wire/datagram"},
		"a load generator meets any server on the wire only; comparisons bring other protocols",
	},
	"tui":     {nil, "a line editor knows nothing of chat"},
	"logging": {nil, "a log knows nothing of what is worth logging"},
	"server":  {nil, "the only package that knows everything"},
	"cmd/parley": {
		[]string{
			"archive", "certificate", "chat", "client", "command", "doctor", "door/api",
			"door/console", "door/ways", "load", "locale", "logging", "nearest", "server",
			"setting", "tui", "wire/datagram",
		},
		"flags, signals and terminals, and what a server says in the screen's language; " +
			"the parts are assembled in server",
	},
	"bench/forward": {nil, "the peer shares nothing with what it is compared with"},
	"bench/plot":    {nil, "charts know nothing of what is measured"},
	"bench/trial": {
		[]string{"bench/plot", "load"},
		"what comparisons are made of knows nothing of what is compared",
	},
	"bench/peers": {
		[]string{"bench/plot", "bench/trial", "load"},
		"servers are measured as programs, ours like any other",
	},
	"bench/compare": {
		[]string{
			"bench/plot", "bench/trial", "chat", "hub", "ledger/local", "load", "server", "store",
		},
		"servers are measured as programs; what one room of datagrams cannot show, at the hub " +
			"and the store",
	},
	"test/lossy":        {nil, "a bad network knows nothing of what it carries"},
	"test/namespace":    {nil, "a network of its own knows nothing of what runs in it"},
	"test/tmux":         {nil, "a terminal knows nothing of the programs in it"},
	"test/conversation": {[]string{"chat", "server"}, "drivers meet a door on the wire only; what is stored is asked of the server, whatever door it came through"},
	"test":              {nil, "tries the whole"},
}

// knowsEverything are the packages whose imports are not restricted.
var knowsEverything = []string{"server", "test"}

type listed struct {
	ImportPath, Dir                                             string
	Imports, GoFiles, IgnoredGoFiles, TestGoFiles, XTestGoFiles []string
}

// packages are the module's, as the go command lists them.
func packages(t *testing.T) []listed {
	t.Helper()
	list := exec.Command("go", "list", "-json=ImportPath,Dir,Imports,GoFiles,IgnoredGoFiles,TestGoFiles,XTestGoFiles", "./...")
	list.Dir = house
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestWhoImportsWhom(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, "parley/")
		rule, known := mayImport[name]
		if !known {
			t.Errorf("%s is no room of the house: add it to the table, with the reason for what it may import", name)
			continue
		}
		for _, i := range p.Imports {
			ours, isOurs := strings.CutPrefix(i, "parley/")
			if isOurs && !slices.Contains(knowsEverything, name) && !slices.Contains(rule.ours, ours) {
				t.Errorf("%s imports %s: %s", name, ours, rule.why)
			}
			if name == "chat" && !isOurs && strings.Contains(strings.Split(i, "/")[0], ".") && !strings.HasPrefix(i, "golang.org/x/text/") {
				t.Errorf("chat imports %s: it may import the standard library and x/text only", i)
			}
		}
	}
}

// The binary has no code that only comparisons need, such as the protocols of other servers.
func TestTheBinaryHasNothingOfTheComparisons(t *testing.T) {
	list := exec.Command("go", "list", "-deps", "./cmd/parley")
	list.Dir = house
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	linked := strings.Fields(string(out))
	if !slices.Contains(linked, "parley/load") {
		t.Fatalf("go list does not name what the binary links: %d packages", len(linked))
	}
	for _, p := range linked {
		if strings.HasPrefix(p, "parley/bench/") || strings.HasPrefix(p, "parley/test") {
			t.Errorf("cmd/parley links %s", p)
		}
	}
}

// impure are what the rules cannot use: the same log would not end in the same state.
var impure = []string{"os", "net", "io/fs", "math/rand", "math/rand/v2", "crypto/rand", "runtime", "sync", "syscall", "context", "log/slog"}

func TestTheRulesArePure(t *testing.T) {
	for _, p := range packages(t) {
		if p.ImportPath != "parley/chat" {
			continue
		}
		for _, i := range p.Imports {
			if slices.Contains(impure, i) {
				t.Errorf("chat imports %s", i)
			}
		}
		for _, f := range p.GoFiles {
			content, err := os.ReadFile(filepath.Join(p.Dir, f))
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(content), "time.Now") {
				t.Errorf("%s looks at the clock", f)
			}
		}
	}
}

const (
	functionMax = 100 // lines
	fileMax     = 500 // lines
)

func TestNothingGrowsPastComfort(t *testing.T) {
	for _, p := range packages(t) {
		for _, f := range slices.Concat(p.GoFiles, p.IgnoredGoFiles, p.TestGoFiles, p.XTestGoFiles) {
			path := filepath.Join(p.Dir, f)
			files := token.NewFileSet()
			parsed, err := parser.ParseFile(files, path, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			if n := files.File(parsed.Pos()).LineCount(); n > fileMax {
				t.Errorf("%s has %d lines: look for the noun hiding in it", path, n)
			}
			for _, d := range parsed.Decls {
				function, ok := d.(*ast.FuncDecl)
				if !ok {
					continue
				}
				if n := files.Position(function.End()).Line - files.Position(function.Pos()).Line + 1; n >= functionMax {
					t.Errorf("%s: %s has %d lines: it hides a table or a second function", path, function.Name.Name, n)
				}
			}
		}
	}
}

func TestEveryDependencyHasItsReason(t *testing.T) {
	module, err := os.ReadFile(filepath.Join(house, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(house, "DEPENDENCIES.md"))
	if err != nil {
		t.Fatal(err)
	}
	direct, _, _ := strings.Cut(string(module), "// indirect")
	for _, line := range strings.Split(direct, "\n") {
		name, version, found := strings.Cut(strings.TrimSpace(line), " ")
		if found && strings.HasPrefix(version, "v") && strings.Contains(name, ".") && !strings.Contains(line, "udiff") &&
			!strings.Contains(string(page), "| "+name) && !strings.Contains(string(page), ", "+name) {
			t.Errorf("DEPENDENCIES.md gives no reason for %s", name)
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	for _, p := range packages(t) {
		var doc string
		for _, f := range slices.Concat(p.GoFiles, p.TestGoFiles, p.XTestGoFiles) {
			parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, f), nil, parser.ParseComments|parser.PackageClauseOnly)
			if err != nil {
				t.Fatal(err)
			}
			if parsed.Doc != nil {
				doc += strings.Join(strings.Fields(parsed.Doc.Text()), " ")
			}
		}
		for _, part := range []string{"knows nothing of", " law"} {
			if !strings.Contains(strings.ToLower(doc), part) {
				t.Errorf("the package comment of %s does not say what it %q", p.ImportPath, part)
			}
		}
	}
}

// symbolRow is a row of ARCHITECTURE.md's table: a question and `file:symbol` for each answer.
var symbolRow = regexp.MustCompile("`([a-z0-9_/]+\\.(?:go|sql)):([A-Za-z0-9_.]+)`")

func TestArchitectureNamesWhatExists(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(house, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := symbolRow.FindAllStringSubmatch(string(page), -1)
	if len(rows) < 15 {
		t.Fatalf("ARCHITECTURE.md answers only %d questions", len(rows))
	}
	for _, row := range rows {
		path, symbol := row[1], row[2]
		content, err := os.ReadFile(filepath.Join(house, path))
		if err != nil {
			t.Errorf("ARCHITECTURE.md names %s: %v", path, err)
			continue
		}
		if strings.HasSuffix(path, ".sql") {
			if !strings.Contains(string(content), symbol) {
				t.Errorf("ARCHITECTURE.md names %s in %s, where it is not", symbol, path)
			}
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), path, content, 0)
		if err != nil {
			t.Fatal(err)
		}
		if !declares(parsed, symbol) {
			t.Errorf("ARCHITECTURE.md names %s in %s, where it is not declared", symbol, path)
		}
	}
}

// declares says whether a file declares a symbol, such as Apply or State.load.
func declares(file *ast.File, symbol string) bool {
	receiver, name, isMethod := strings.Cut(symbol, ".")
	if !isMethod {
		name = symbol
	}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.Name == name && (d.Recv != nil) == isMethod && (!isMethod || receiverOf(d) == receiver) {
				return true
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					if !isMethod && s.Name.Name == name {
						return true
					}
				case *ast.ValueSpec:
					if !isMethod && slices.ContainsFunc(s.Names, func(i *ast.Ident) bool { return i.Name == name }) {
						return true
					}
				}
			}
		}
	}
	return false
}

func receiverOf(f *ast.FuncDecl) string {
	of := f.Recv.List[0].Type
	if star, ok := of.(*ast.StarExpr); ok {
		of = star.X
	}
	if generic, ok := of.(*ast.IndexExpr); ok {
		of = generic.X
	}
	if name, ok := of.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}
