package test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const bashCompletion = "/usr/share/bash-completion/bash_completion"

// pressTab is what bash does when somebody types a line and presses the tab key.
const pressTab = `
set -o pipefail
source ` + bashCompletion + `
source <(parley completion bash) || exit
while IFS= read -r COMP_LINE; do
	read -ra COMP_WORDS <<<"$COMP_LINE"
	[[ "$COMP_LINE" == *" " ]] && COMP_WORDS+=("")
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_POINT=${#COMP_LINE} COMP_TYPE=9 COMPREPLY=()
	__start_parley 2>/dev/null
	echo "${COMPREPLY[*]}"
done
`

func TestBashCompletes(t *testing.T) {
	if _, err := os.Stat(bashCompletion); err != nil {
		t.Skip("bash-completion is not here: ", err)
	}
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	p := serve(t, t.TempDir(), "--listen", "127.0.0.1:0")
	for _, name := range []string{"ann", "小明", "a;b", "a`id`b", "--x"} {
		p.enter(name)
	}
	here := t.TempDir()
	for _, dir := range []string{"directory", "data"} {
		if err := os.Mkdir(filepath.Join(here, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"data.txt", "a.toml", "a.json"} {
		if err := os.WriteFile(filepath.Join(here, file), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	lines := [][2]string{
		{"parley ser", "serve"},
		{"parley serve --log-level ", "debug info warn error"},
		{"parley serve --log-level=d", "debug"},
		{"parley who -o ", "json text"},
		{"parley who --output j", "json"},
		{"parley serve --udp-en", "--udp-enter-rate"},
		{"parley serve --udp-enter-rate ", ""},
		{"parley serve --listen :1 --lis", "--listen"},
		{"parley serve --listen ", ""},
		{"parley serve --data d", "data directory"},
		{"parley status --config a", "a.toml"},
		{"parley serve ", ""},
		{"parley announce ", ""},
		{"parley completion z", "zsh"},
		{"parley kick ", ""},
		{"parley kick --data " + p.dir + " ", "ann 小明"},
		{"parley kick --data " + p.dir + " 小", "小明"},
		{"parley kick --data " + p.dir + " ann ", ""},
	}
	var typed strings.Builder
	for _, l := range lines {
		fmt.Fprintln(&typed, l[0])
	}
	bash := exec.Command("bash", "--norc", "-c", pressTab)
	bash.Dir = here
	bash.Env = append(command(t).Env, "PATH="+filepath.Dir(program)+":"+os.Getenv("PATH"), "LC_ALL=C.UTF-8")
	bash.Stdin = strings.NewReader(typed.String())
	got := finish(t, bash)
	if got.status != 0 {
		t.Fatalf("%+v", got)
	}
	offered := strings.Split(got.out, "\n")
	for i, l := range lines {
		sorted := func(words string) string {
			return strings.Join(slices.Sorted(slices.Values(strings.Fields(words))), " ")
		}
		if sorted(offered[i]) != sorted(l[1]) {
			t.Errorf("%q and a tab offer %q, want %q", l[0], offered[i], l[1])
		}
	}
	p.stop()
}
