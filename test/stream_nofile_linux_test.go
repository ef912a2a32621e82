package test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/wire/line"
)

// TestAServerWithoutFilesLeftGoesOnAndHeals lets a server open so few files that it cannot accept: those inside talk on, who waits
// gets in when others leave, and the log says it once.
func TestAServerWithoutFilesLeftGoesOnAndHeals(t *testing.T) {
	const files, tried = 100, "connections cannot be accepted"
	dir := t.TempDir()
	c := command(t, "serve", "--data", dir, "--listen", "127.0.0.1:0", "--no-limits", "--line-history", "0")
	c.Args = append([]string{"sh", "-c", fmt.Sprintf(`ulimit -n %d; exec "$0" "$@"`, files), c.Path}, c.Args[1:]...)
	c.Path = "/bin/sh"
	p, err := tryServe(t, c, dir)
	if err != nil {
		t.Fatalf("%v\n%s", err, p.errs)
	}
	ann, bob := p.callAs("ann"), p.callAs("bob")
	udp := p.enter("udp")
	began := time.Now()
	var all []*caller
	for !strings.Contains(p.errs.String(), tried) {
		if len(all) > files || time.Since(began) > patience {
			t.Fatalf("%d connections are accepted with %d files\n%s", len(all), files, p.errs)
		}
		m := ring(t, p.addr)
		m.name = fmt.Sprint("m", len(all))
		m.types("", m.name)
		all = append(all, m)
		ann.types("there?") // what is accepted is accepted before the answer, or while the next ones come
		bob.until(func(said string) bool { return said == "ann: there?" })
	}
	late := ring(t, p.addr)
	late.types("", "late")
	for i := range 100 { // the door tries again meanwhile
		ann.types(fmt.Sprint("line ", i))
		bob.until(func(said string) bool { return said == fmt.Sprint("ann: line ", i) })
	}
	udp.says("datagrams as well")
	bob.until(func(said string) bool { return said == "udp: datagrams as well" })
	if got := strings.Count(p.errs.String(), tried); got != 1 {
		t.Errorf("the log says %d times that connections cannot be accepted", got)
	}
	for _, m := range all[:10] { // the first, so they were accepted
		m.reads(line.Prompt + "Welcome*")
		m.breaks()
	}
	late.reads(line.Prompt + "Welcome to the chat room, late.*")
	late.types("at last")
	bob.until(func(said string) bool { return said == "late: at last" })
	if !strings.Contains(p.errs.String(), "connections are accepted again") {
		t.Errorf("the log does not say that it has passed:\n%s", p.errs)
	}
	p.stop()
}
