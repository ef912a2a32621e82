//go:build unix

package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var documentedClient = regexp.MustCompile("(?s)\n```python\n(.*?)```\n")

// TestDocumentedClientsWork: those that stand in docs/protocol to be copied.
func TestDocumentedClientsWork(t *testing.T) {
	for page, leave := range map[string]string{"datagram.md": "quit", "line.md": "/quit"} {
		t.Run(page, func(t *testing.T) {
			content, err := os.ReadFile(filepath.Join(house, "docs", "protocol", page))
			if err != nil {
				t.Fatal(err)
			}
			found := documentedClient.FindSubmatch(content)
			if found == nil {
				t.Fatal("there is no client in it")
			}
			p := serve(t, t.TempDir(), "--listen", "127.0.0.1:0")
			defer p.stop()
			script := strings.ReplaceAll(string(found[1]), "8888", strconv.Itoa(int(p.addr.Port())))
			bob := p.enter("bob")
			ann := newShell(t, exec.Command(python(t), "-uc", script))
			ann.types("bob")
			ann.shows("the nickname is occupied")
			ann.types("ann")
			bob.hears("somebody asks for your nickname", "ann enters the chat room")
			ann.types("hello")
			ann.types("你好")
			bob.hears("ann: hello", "ann: 你好")
			bob.says("好的")
			ann.shows("bob: 好的")
			ann.types(leave)
			bob.hears("ann quits the chat room")
		})
	}
}
