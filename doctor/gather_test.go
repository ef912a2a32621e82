package doctor

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"parley/certificate"
	"parley/command"
	"parley/locale"
	"parley/server"
	"parley/store"
)

func TestACheckThatIsStuckIsLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stuck, told := make(chan bool), make(chan bool)
		c := Check{run: func(ctx context.Context, _ *Examination) []Finding {
			<-ctx.Done()
			close(told)
			<-stuck
			return nil
		}}
		found := new(Examination).Run(t.Context(), c)
		<-told
		close(stuck)
		if len(found) != 1 || found[0].Level != Fail || found[0].What.EN != "no result within 4s: a system call hangs" {
			t.Errorf("%+v", found)
		}
	})
}

func TestACheckThatIsInterruptedTidiesUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	tidy := false
	c := Check{run: func(ctx context.Context, _ *Examination) []Finding {
		cancel()
		<-ctx.Done()
		tidy = true
		return []Finding{{Level: OK}}
	}}
	if found := new(Examination).Run(ctx, c); len(found) != 1 || !tidy {
		t.Errorf("%+v, %v", found, tidy)
	}
}

// files are what is in a directory.
func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestTheProbeIsGoneAfterwards(t *testing.T) {
	dir := t.TempDir()
	took, err := measure(t.Context(), dir)
	if err != nil || len(took) == 0 || slices.Min(took) <= 0 {
		t.Errorf("%v, %v", took, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if took, err := measure(ended, dir); err != nil || len(took) != 1 {
		t.Errorf("interrupted: %v, %v", took, err)
	}
	if left := files(t, dir); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	if _, err := measure(t.Context(), filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("where nothing can be written: %v", err)
	}
}

func TestWhereTheDirectoryWouldBe(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string][2]string{
		dir:                         {dir, dir},
		filepath.Join(dir, "a/b/c"): {dir, dir},
		file:                        {file, dir},
		filepath.Join(file, "sub"):  {file, dir},
	} {
		if e, n := existing(path), nearest(path); e != want[0] || n != want[1] {
			t.Errorf("%s: %s and %s, want %s", path, e, n, want)
		}
	}
}

func TestADirectoryAsItIs(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if d := lookAtDirectory(dir); d.exists || !d.isDir || d.err != nil {
		t.Errorf("not there: %+v", d)
	}
	if err := os.Mkdir(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	d := lookAtDirectory(dir)
	if !d.exists || !d.isDir || d.owner != d.me || len(d.strange) > 0 || d.err != nil {
		t.Errorf("%+v", d)
	}
	if runtime.GOOS != "windows" && (d.rights.Perm() != 0o750 || d.owner == "") {
		t.Errorf("%+v", d)
	}
	if os.Getuid() == 0 {
		path := filepath.Join(dir, store.FileName)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(path, 65534, 65534); err != nil {
			t.Fatal(err)
		}
		if d := lookAtDirectory(dir); !slices.Equal(d.strange, []string{store.FileName}) {
			t.Errorf("with another's file: %+v", d)
		}
	}
}

func TestALinkThatLeadsNowhereIsTold(t *testing.T) {
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink("nowhere", link); err != nil {
		t.Skip(err)
	}
	for _, data := range []string{link, filepath.Join(link, "data")} {
		try(t, map[string]judged{data: {
			judgeDirectory(lookAtDirectory(data)), []string{"fail " + link + " is a link to a path that does not exist"},
		}})
	}
}

func TestABackupThatCannotBeLookedForIsNotWell(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	found := checkBackup(t.Context(), New(Subject{Config: server.Config{Data: file}}))
	try(t, map[string]judged{"a file": {found, []string{"warn not checked: see data directory"}}})
}

func TestAFileSystemAsItIs(t *testing.T) {
	f, err := lookAtFileSystem(t.TempDir())
	if err != nil || f.name == "" || f.free == 0 {
		t.Errorf("%+v, %v", f, err)
	}
	if runtime.GOOS == "linux" {
		if f, err := lookAtFileSystem("/proc"); err != nil || f.knowsFiles || f.kind != fsLocal {
			t.Errorf("/proc: %+v, %v", f, err)
		}
	}
	if _, err := lookAtFileSystem(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("what is not there lies somewhere")
	}
}

func TestDatagramsComeThrough(t *testing.T) {
	for _, listen := range []string{":0", "0.0.0.0:0", "127.0.0.1:0"} {
		e, err := openEcho(t.Context(), listen)
		if err != nil {
			t.Fatal(err)
		}
		all := targets(e.bound)
		if quiet := silent(t.Context(), all); len(all) == 0 || len(quiet) > 0 {
			t.Errorf("%s: of %v, %v are silent", listen, all, quiet)
		}
		if !all[0].Addr().IsLoopback() || e.bound.Addr().Is4() != (listen != ":0") {
			t.Errorf("%s is bound to %v and asked at %v", listen, e.bound, all)
		}
		e.close()
		if quiet := silent(t.Context(), all[:1]); len(quiet) != 1 {
			t.Errorf("%s answers after its end", listen)
		}
	}
}

func TestConnectionsComeThrough(t *testing.T) {
	listen := []string{":0", "0.0.0.0:0", "127.0.0.1:0"}
	bound, end, err := standIn(t.Context(), listen)
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range bound {
		all := targets(b)
		if quiet := refused(t.Context(), all); len(all) == 0 || len(quiet) > 0 {
			t.Errorf("%s: of %v, %v take none", listen[i], all, quiet)
		}
		if b.Addr().Is4() != (i > 0) {
			t.Errorf("%s is bound to %v", listen[i], b)
		}
	}
	_, again, err := standIn(t.Context(), []string{"127.0.0.1:0", bound[2].String()})
	again()
	try(t, map[string]judged{"taken": {judgeContact(contact{err: err}), []string{"fail /tcp is taken | ss -ltnp"}}})
	end()
	if quiet := refused(t.Context(), bound[2:]); len(quiet) != 1 {
		t.Error("it takes connections after its end")
	}
}

func TestACertificateAsItIs(t *testing.T) {
	dir := t.TempDir()
	if i := lookAtCertificate(dir, "", ""); !errors.Is(i.err, fs.ErrNotExist) || !i.own || len(files(t, dir)) > 0 {
		t.Errorf("before the first start: %+v", i)
	}
	c, err := certificate.Own(dir, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	own := lookAtCertificate(dir, "", "")
	if own.err != nil || own.fingerprint != c.Fingerprint() || own.until.Before(time.Now()) || own.from.After(time.Now()) || own.open {
		t.Errorf("%+v", own)
	}
	if runtime.GOOS != "windows" {
		if err := os.Chmod(own.key, 0o604); err != nil {
			t.Fatal(err)
		}
	}
	if i := lookAtCertificate("", own.cert, own.key); i.err != nil || i.own || i.fingerprint != own.fingerprint || i.open != (runtime.GOOS != "windows") {
		t.Errorf("given: %+v", i)
	}
	for name, i := range map[string]identity{
		"no key":     lookAtCertificate(dir, own.cert, ""),
		"two of one": lookAtCertificate(dir, own.cert, own.cert),
	} {
		try(t, map[string]judged{name: {judgeIdentity(i, time.Now())[:1], []string{"fail tls | ls -l " + own.cert}}})
	}
}

func TestATakenPortIsTold(t *testing.T) {
	e, err := openEcho(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer e.close()
	found := checkUDP(t.Context(), New(Subject{Config: server.Config{Listen: at(e.bound.String()), Data: t.TempDir()}}))
	try(t, map[string]judged{"taken": {found, []string{"fail is taken | ss -lunp"}}})
}

func TestWithoutDatagramsThereIsNothingToAsk(t *testing.T) {
	e := New(Subject{Config: server.Config{Listen: server.Listen{{Address: ":2323", Door: "line"}}, Data: t.TempDir()}})
	try(t, map[string]judged{
		"udp":    {checkUDP(t.Context(), e), []string{"ok not checked: no address in :2323/line is for datagrams"}},
		"buffer": {checkBuffer(t.Context(), e), []string{"ok not checked"}},
	})
}

func TestWithoutConnectionsThereIsNothingToConnectTo(t *testing.T) {
	e := New(Subject{Config: server.Config{Listen: server.Listen{{Address: ":8888", Door: "udp"}}, Data: t.TempDir()}})
	try(t, map[string]judged{
		"tcp": {checkTCP(t.Context(), e), []string{"ok not checked: no address in :8888/udp is for connections"}},
		"tls": {checkTLS(t.Context(), e), []string{"ok not checked"}},
	})
}

func TestATakenMetricsPortIsTold(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	found := checkServer(t.Context(), New(Subject{Config: server.Config{MetricsListen: listener.Addr().String(), Data: t.TempDir()}}))
	try(t, map[string]judged{"taken": {found, []string{"ok not running", "fail /tcp is taken | ss -ltnp"}}})
}

// TestAServerWithAnotherDataDirectoryIsAWarning: an operator that runs doctor in the
// wrong folder must not be told to stop the server.
func TestAServerWithAnotherDataDirectoryIsAWarning(t *testing.T) {
	open := func(data, listen string) (*server.Server, server.Config) {
		flags := map[string]string{"data": data, "listen": listen}
		config, err := server.Load(server.Sources{Flags: flags})
		if err != nil {
			t.Fatal(err)
		}
		if listen != "127.0.0.1:0" {
			return nil, config
		}
		s, err := server.Open(t.Context(), config, "test", slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		return s, config
	}
	s, _ := open(t.TempDir(), "127.0.0.1:0")
	defer s.Close()
	at := s.Addr().String()
	_, here := open(t.TempDir(), at)
	e := New(Subject{Config: here})
	found := append(checkServer(t.Context(), e), checkUDP(t.Context(), e)...)
	found = append(found, checkTCP(t.Context(), e)...)
	try(t, map[string]judged{"another": {found, []string{
		"warn a Parley server with another data directory listens on " + at +
			" | parley doctor --data DIR",
		"warn not checked: another Parley server uses the port, see server",
		"warn not checked: another Parley server uses the port, see server",
	}}})
}

func TestAddressesToListenOn(t *testing.T) {
	for listen, want := range map[string]string{":8888": "[::]:8888", "0.0.0.0:1": "0.0.0.0:1", "[::1]:7": "[::1]:7", "localhost:1": "", ":http": "", "8888": ""} {
		got, err := resolve(listen)
		if (err != nil) != (want == "") || err == nil && got != netip.MustParseAddrPort(want) {
			t.Errorf("%s is %v, %v; want %s", listen, got, err, want)
		}
	}
}

func TestEveryCheckFindsSomethingWhereNothingIs(t *testing.T) {
	config, err := server.Load(server.Sources{Flags: map[string]string{"data": filepath.Join(t.TempDir(), "none"), "listen": "127.0.0.1:0"}})
	if err != nil {
		t.Fatal(err)
	}
	e := New(Subject{Config: config, Status: func(context.Context, string) (*command.State, error) { panic("there is nobody to ask") }})
	names := map[string]bool{}
	for _, c := range Checks() {
		found := e.Run(t.Context(), c)
		aboutThisMachine := slices.Contains([]string{"space", "speed", "clock", "files"}, c.Name)
		if len(found) == 0 || found[0].Level == Fail && !aboutThisMachine {
			t.Errorf("%s finds %+v", c.Name, found)
		}
		if names[c.Name] || c.Looks.EN == "" || c.Looks.ZH == "" {
			t.Errorf("the row %+v", c)
		}
		names[c.Name] = true
	}
}

func TestARemedyIsWordedOnce(t *testing.T) {
	f := Finding{}.cure(locale.Text{EN: "100%"})
	if f.Remedy.EN != "100%" {
		t.Errorf("%+v", f)
	}
}

func TestAStampIsOfHere(t *testing.T) {
	at := time.Date(2030, 5, 1, 12, 0, 0, 0, time.Local)
	if got := stamp(at.UTC()); got != "2030-05-01 12:00" {
		t.Errorf("got %s", got)
	}
}
