package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"parley/archive"
	"parley/command"
	"parley/door/port"
	"parley/door/udp"
	"parley/hub"
	"parley/locale"
	"parley/server"
	"parley/store"
)

// judged is what facts led to, and what is to be found in it: "LEVEL what… | remedy…" for each, parts of both.
type judged struct {
	found []Finding
	want  []string
}

func try(t *testing.T, cases map[string]judged) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if len(c.found) != len(c.want) {
				t.Fatalf("%d findings, want %d: %+v", len(c.found), len(c.want), c.found)
			}
			for i, f := range c.found {
				level, parts, _ := strings.Cut(c.want[i], " ")
				what, remedy, cured := strings.Cut(parts, " | ")
				if string(f.Level) != level || !strings.Contains(f.What.EN, what) || !strings.Contains(f.Remedy.EN, remedy) || cured != (f.Remedy.EN != "") {
					t.Errorf("%+v, want %s", f, c.want[i])
				}
				for _, said := range []string{f.What.EN, f.What.ZH, f.Remedy.EN, f.Remedy.ZH} {
					if strings.Contains(said, "%!") {
						t.Errorf("badly worded: %s", said)
					}
				}
				if f.What.ZH == "" {
					t.Errorf("not said in Chinese: %s", f.What.EN)
				}
			}
		})
	}
}

// at is every door at each of some addresses.
func at(addresses ...string) (l server.Listen) {
	for _, a := range addresses {
		l = append(l, server.Endpoint{Address: a})
	}
	return l
}

func TestSettings(t *testing.T) {
	everything := []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("0.0.0.0/0")}
	wrong := errors.Join(locale.Errorf(locale.Text{EN: "one", ZH: "一"}), locale.Errorf(locale.Text{EN: "two", ZH: "二"}))
	try(t, map[string]judged{
		"well":                 {judgeSettings(server.Config{Listen: at(":8888")}, nil), []string{"ok all are valid"}},
		"mistakes":             {judgeSettings(server.Config{}, wrong), []string{"fail one\ntwo\n | parley config"}},
		"everything is served": {judgeSettings(server.Config{UDP: udp.Config{Allow: everything}}, nil), []string{"warn udp.allow includes every network (0.0.0.0/0) | --udp-allow"}},
		"without encryption":   {judgeSettings(server.Config{Port: port.Config{Allow: everything}}, nil), []string{"warn port.allow includes every network (0.0.0.0/0) | --port-allow ''"}},
		"no limits for others": {judgeSettings(server.Config{NoLimits: true, Listen: at(":8888")}, nil), []string{"warn no-limits | --no-limits=false"}},
		"no limits, loopback":  {judgeSettings(server.Config{NoLimits: true, Listen: at("[::1]:8888")}, nil), []string{"ok "}},
		"no limits, for some":  {judgeSettings(server.Config{NoLimits: true, Listen: at("[::1]:8888", "192.168.1.2:8889")}, nil), []string{"warn other machines reach 192.168.1.2:8889: | --no-limits=false"}},
		"no limits, localhost": {judgeSettings(server.Config{NoLimits: true, Listen: at("localhost:8888")}, nil), []string{"ok "}},
	})
	if zh := judgeSettings(server.Config{}, wrong)[0].What.ZH; !strings.HasPrefix(zh, "一\n二\n") {
		t.Errorf("in Chinese: %s", zh)
	}
}

func TestServer(t *testing.T) {
	subject := Subject{Version: "v1", Config: server.Config{Data: "here", Listen: at(":8888")}}
	state := func(set func(*command.State)) []Finding {
		s := &command.State{Version: "v1", Storage: "ok", Queues: []hub.Queue{{Name: "ledger", Capacity: 100}}, Doors: []command.DoorState{{Report: hub.Report{Name: "udp", Address: "[::]:8888"}}}}
		set(s)
		return judgeServer(house{holder: server.Holder{PID: 7}, state: s}, subject)
	}
	try(t, map[string]judged{
		"none": {
			judgeServer(house{err: server.ErrNotRunning}, subject),
			[]string{"ok not running on here"},
		},
		"who knows": {
			judgeServer(house{err: fs.ErrPermission}, subject),
			[]string{"fail cannot tell whether a server runs on here: permission denied | ls -l /"},
		},
		"silent": {judgeServer(house{holder: server.Holder{PID: 7}, silent: errors.New("hm")},
			subject), []string{"fail process 7 serves here but does not answer: hm | kill 7"}},
		"stopped": {
			judgeServer(house{
				holder: server.Holder{PID: 7}, silent: errors.New("hm"),
				stopped: true,
			}, subject),
			[]string{"fail process 7 serves here but is suspended | kill -CONT 7"},
		},
		"well": {
			state(func(*command.State) {}),
			[]string{"ok running as process 7, version v1"},
		},
		"another": {
			state(func(s *command.State) { s.Version = "v2" }),
			[]string{"warn runs version v2, this program is version v1 | kill 7"},
		},
		"elsewhere": {
			state(func(s *command.State) { s.Doors[0].Address = "[::]:9" }),
			[]string{"warn the server receives datagrams on [::]:9 | parley doctor --listen :9"},
		},
		"another family": {state(func(s *command.State) { s.Doors[0].Address = "0.0.0.0:8888" }), []string{"ok "}},
		"loopback": {
			state(func(s *command.State) { s.Doors[0].Address = "[::1]:8888" }),
			[]string{"warn the server receives datagrams on | --listen '[::1]:8888/udp'"},
		},
		"not for datagrams": {
			judgeServer(house{holder: server.Holder{PID: 7}, state: &command.State{Version: "v1", Storage: "ok", Doors: []command.DoorState{{Report: hub.Report{Name: "udp", Address: "[::]:8888"}}}}},
				Subject{Version: "v1", Config: server.Config{Listen: server.Listen{{Address: ":2323", Door: "line"}}}}),
			[]string{"warn the server receives datagrams on [::]:8888, but the settings here say " +
				":2323/line | parley doctor --listen :8888/udp --data /"},
		},
		"everything elsewhere": {
			state(func(s *command.State) {
				s.Doors[0].Address = "[::]:9"
				s.Doors = append(s.Doors,
					command.DoorState{Report: hub.Report{Name: "port", Address: "[::]:9"}})
			}),
			[]string{
				"warn the server receives datagrams on [::]:9 | parley doctor --listen :9 --data /",
				"warn the server accepts connections on [::]:9",
			},
		},
		"connections": {state(func(s *command.State) {
			s.Doors = append(s.Doors, command.DoorState{Report: hub.Report{Name: "port", Address: "[::]:8888"}})
		}), []string{"ok "}},
		"connections elsewhere": {state(func(s *command.State) {
			s.Doors = append(s.Doors, command.DoorState{Report: hub.Report{Name: "port", Address: "[::]:8888, 127.0.0.1:2323"}})
		}), []string{"warn the server accepts connections on [::]:8888, 127.0.0.1:2323, " +
			"but the settings here say :8888 | " +
			"parley doctor --listen :8888,127.0.0.1:2323/line --data /"}},
		"full":   {state(func(s *command.State) { s.Storage = "storage_full" }), []string{"fail the disk is full | df"}},
		"failed": {state(func(s *command.State) { s.Storage = "storage_failed" }), []string{"fail the disk failed (storage_failed) | journalctl"}},
		"lost":   {state(func(s *command.State) { s.Storage = "storage_lost" }), []string{"fail the database was removed, replaced or overwritten | SIGTERM"}},
		"behind": {state(func(s *command.State) { s.Queues[0].Length = 51 }), []string{"warn 51 of 100 places in the queue ledger | parley status"}},
		"crowded": {state(func(s *command.State) {
			s.Queues[0] = hub.Queue{Name: "port.connections", Length: 51, Capacity: 100}
		}), []string{"warn 51 of 100 connections are in use | --port-connections 200"}},
		"full and old": {state(func(s *command.State) { s.Storage, s.Version = "storage_full", "v0" }), []string{"fail full | df", "warn version v0 | kill 7"}},
	})
}

func TestDirectory(t *testing.T) {
	mine := directory{path: "/a b", exists: true, parent: "/a b", isDir: true, rights: 0o700 | fs.ModeDir, owner: "ann", me: "ann"}
	look := func(set func(*directory)) []Finding {
		d := mine
		set(&d)
		return judgeDirectory(d)
	}
	try(t, map[string]judged{
		"well":           {judgeDirectory(mine), []string{"ok /a b, accessible only to ann"}},
		"not there":      {look(func(d *directory) { d.exists, d.parent = false, "/" }), []string{"ok does not exist yet"}},
		"a file":         {look(func(d *directory) { d.isDir = false }), []string{"fail is a file | --data '/a b'.d"}},
		"below a file":   {look(func(d *directory) { d.exists, d.isDir, d.parent = false, false, "/x" }), []string{"fail /x is a file | --data"}},
		"unreadable":     {look(func(d *directory) { d.err = fs.ErrPermission }), []string{"fail cannot read /a b: permission denied | ls -ld '/a b'"}},
		"another's":      {look(func(d *directory) { d.me = "bob" }), []string{"fail belongs to ann, but you are bob | sudo parley doctor --data '/a b'"}},
		"root looks":     {look(func(d *directory) { d.me, d.root = "root", true }), []string{"ok /a b, accessible only to ann"}},
		"root was here":  {look(func(d *directory) { d.strange = []string{"parley.db"} }), []string{"fail do not belong to ann, perhaps because root ran a server here: parley.db | sudo chown -R ann '/a b'"}},
		"readable":       {look(func(d *directory) { d.rights = 0o755 }), []string{"warn other users of this machine can read | chmod -R go= '/a b'"}},
		"for a group":    {look(func(d *directory) { d.rights = 0o750 }), []string{"warn other users | chmod"}},
		"writable":       {look(func(d *directory) { d.rights = 0o777 }), []string{"fail every user of this machine can replace | chmod -R go= '/a b'"}},
		"without owners": {look(func(d *directory) { d.owner, d.me, d.rights = "", "", 0o777 }), []string{"ok /a b"}},
	})
}

func TestQuote(t *testing.T) {
	for path, want := range map[string]string{"/var/lib/parley-2.d": "/var/lib/parley-2.d", "/a b": "'/a b'", "/it's; rm": `'/it'\''s; rm'`, "/数据": "'/数据'"} {
		if got := quote(path); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
}

func TestFileSystem(t *testing.T) {
	try(t, map[string]judged{
		"well":      {judgeFileSystem(fileSystem{name: "ext4"}, nil), []string{"ok ext4, on this machine"}},
		"network":   {judgeFileSystem(fileSystem{name: "NFS", kind: fsNetwork}, nil), []string{"warn NFS, a network file system | --data"}},
		"perhaps":   {judgeFileSystem(fileSystem{name: "FUSE", kind: fsPerhaps}, nil), []string{"warn FUSE, perhaps a network | --data"}},
		"memory":    {judgeFileSystem(fileSystem{name: "tmpfs", kind: fsMemory}, nil), []string{"warn tmpfs, in memory | --data"}},
		"container": {judgeFileSystem(fileSystem{name: "overlay", kind: fsContainer}, nil), []string{"warn container is removed | docker run -v"}},
		"unknown":   {judgeFileSystem(fileSystem{}, errors.New("hm")), []string{"warn cannot tell its type: hm"}},
	})
}

func TestSpace(t *testing.T) {
	const gib = 1 << 30
	roomy := fileSystem{free: 100 * gib, freeFiles: 1e6, knowsFiles: true}
	try(t, map[string]judged{
		"well":             {judgeSpace(roomy, 3*gib, 0), []string{"ok 100GiB free, the database takes 3GiB"}},
		"almost none":      {judgeSpace(fileSystem{free: spaceNeeded - 1}, 0, 0), []string{"fail soon nobody can talk | df"}},
		"little":           {judgeSpace(fileSystem{free: spaceComfort - 1}, 0, 0), []string{"warn 511MiB free | df"}},
		"less than data":   {judgeSpace(fileSystem{free: gib}, 2*gib, 0), []string{"warn a copy does not fit | df"}},
		"no files":         {judgeSpace(fileSystem{free: gib, knowsFiles: true, freeFiles: 5}, 0, 0), []string{"fail only 5 more files | df -h; df -i"}},
		"files unnumbered": {judgeSpace(fileSystem{free: gib}, 0, 0), []string{"ok "}},
		"below its size":   {judgeSpace(roomy, 8*gib, 10*gib), []string{"ok "}},
		"close to it":      {judgeSpace(roomy, 9*gib, 10*gib), []string{"warn 9GiB of the 10GiB | --store-max-size 20GiB"}},
		"at its size":      {judgeSpace(roomy, 10*gib, 10*gib), []string{"fail has reached store.max-size (10GiB) | --store-max-size 20GiB"}},
		"both":             {judgeSpace(fileSystem{}, 1, 1), []string{"fail 0B free | df", "fail has reached store.max-size | --store-max-size 2B"}},
	})
	for bytes, want := range map[uint64]string{0: "0B", 1023: "1023B", 4 << 20: "4MiB", 208 << 10: "208KiB", 1<<30 + 1: "1024MiB", 75<<30 + 5: "75GiB", 20 << 40: "20TiB"} {
		if got := size(bytes); got != want {
			t.Errorf("%d is %s, want %s", bytes, got, want)
		}
	}
}

func TestSpeed(t *testing.T) {
	all := func(d ...time.Duration) []time.Duration { return d }
	try(t, map[string]judged{
		"fast":    {judgeSpeed("/d", all(9*time.Millisecond, time.Millisecond, 2*time.Millisecond), nil), []string{"ok an fsync takes 2ms, the longest 9ms"}},
		"slow":    {judgeSpeed("/d", all(speedGood), nil), []string{"warn 5ms, the longest 5ms: every message waits | ssd"}},
		"broken":  {judgeSpeed("/d", all(speedBad, time.Second, speedBad), nil), []string{"fail 50ms, the longest 1s: every message waits | ssd"}},
		"refused": {judgeSpeed("/a b", nil, fs.ErrPermission), []string{"fail cannot write in /a b: permission | ls -ld '/a b'"}},
	})
}

func TestDatabase(t *testing.T) {
	refused := &fs.PathError{Op: "stat", Path: "x", Err: fs.ErrPermission}
	try(t, map[string]judged{
		"none":       {judgeDatabase("/d", "", store.Glimpse{}, fs.ErrNotExist), []string{"ok none yet"}},
		"new":        {judgeDatabase("/d", "", store.Glimpse{}, nil), []string{"ok nothing is stored yet"}},
		"well":       {judgeDatabase("/d", "", store.Glimpse{Bytes: 4096, Time: time.Now()}, nil), []string{"ok 4KiB, last written 20"}},
		"unreadable": {judgeDatabase("/a b", "", store.Glimpse{}, refused), []string{"fail cannot read /a b/parley.db: permission denied | ls -l '/a b/parley.db'"}},
		"entities": {
			judgeDatabase("/a b", "", store.Glimpse{}, store.ErrEntities),
			[]string{"fail entities were changed | parley export --data '/a b' > history.jsonl && " +
				"parley import --data '/a b.new' history.jsonl"},
		},
		"newer": {
			judgeDatabase("/d", "", store.Glimpse{}, fmt.Errorf("x: %w", store.ErrNewer)),
			[]string{"fail newer version | parley --version"},
		},
		"rubbish": {
			judgeDatabase("/d", "", store.Glimpse{}, fmt.Errorf("%w: hm",
				store.ErrForeign)),
			[]string{"fail not a database of Parley: hm | # stop the server first\n" +
				"mv /d /d.broken\n# then"},
		},
		"not known": {
			judgeDatabase("/d", "/b/c.db", store.Glimpse{},
				errors.New("/d/parley.db: hm")),
			[]string{"fail cannot read /d/parley.db: hm | ls -l /d/parley.db"},
		},
		"replaced": {
			judgeDatabase("/d e", "/b/c.db", store.Glimpse{}, fmt.Errorf("%w: hm",
				store.ErrDamaged)),
			[]string{"fail the database is damaged: hm | # stop the server first\n" +
				"mv '/d e' '/d e.broken' && parley restore --data '/d e' /b/c.db"},
		},
	})
}

func TestBackup(t *testing.T) {
	now := time.Date(2030, 5, 9, 12, 0, 0, 0, time.Local)
	at := func(age time.Duration) archive.Backup { return archive.Backup{Time: now.Add(-age), File: "/b.db"} }
	try(t, map[string]judged{
		"nothing to lose": {judgeBackup("/d", copied{err: fs.ErrNotExist}, now), []string{"ok nothing to back up yet"}},
		"not seen":        {judgeBackup("/d", copied{unseen: fs.ErrPermission, err: fs.ErrNotExist}, now), []string{"warn not checked: the database cannot be read (permission denied)"}},
		"none":            {judgeBackup("/a b", copied{needed: true, root: true, err: fs.ErrNotExist}, now), []string{"warn no backup exists: | parley backup --data '/a b' /var/backups/parley-$(date +%F).db\n# to back up every night at three, in crontab -e:\n0 3 * * * parley backup --data '/a b' /var/backups/parley-$(date +\\%F).db"}},
		"fresh":           {judgeBackup("/d", copied{needed: true, last: at(backupAge)}, now), []string{"ok /b.db of 2030-05-02"}},
		"old":             {judgeBackup("/d", copied{needed: true, last: at(backupAge + time.Minute)}, now), []string{"warn 7 days ago | parley backup --data /d ~/parley-$(date +%F).db"}},
		"ahead":           {judgeBackup("/d", copied{needed: true, last: at(-backupAhead)}, now), []string{"ok /b.db of 2030-05-09"}},
		"to come":         {judgeBackup("/d", copied{needed: true, last: at(-backupAhead - time.Minute)}, now), []string{"warn in the future | parley backup"}},
		"gone":            {judgeBackup("/d", copied{needed: true, last: at(0), gone: true}, now), []string{"warn /b.db of 2030-05-09 | parley backup"}},
		"torn":            {judgeBackup("/d", copied{needed: true, err: errors.New("hm")}, now), []string{"warn cannot tell when the last backup was made: hm | parley backup"}},
	})
}

func TestClock(t *testing.T) {
	now := time.Date(2030, 5, 9, 12, 0, 0, 0, time.Local)
	try(t, map[string]judged{
		"well":        {judgeClock(clock{now: now, last: now, built: now.Add(-time.Hour), synced: true, knows: true}), []string{"ok 2030-05-09"}},
		"not known":   {judgeClock(clock{now: now}), []string{"ok "}},
		"not kept":    {judgeClock(clock{now: now, knows: true}), []string{"warn but no time service keeps it | timedatectl"}},
		"set right":   {judgeClock(clock{now: now, last: now.Add(clockSlack)}), []string{"ok "}},
		"behind":      {judgeClock(clock{now: now, last: now.Add(time.Hour), system: "windows"}), []string{"fail it is 1h0m0s behind | w32tm"}},
		"implausible": {judgeClock(clock{now: time.Unix(0, 0), system: "darwin"}), []string{"fail before this program was built | systemsetup"}},
		"before us":   {judgeClock(clock{now: now, built: now.Add(time.Second), synced: true, knows: true}), []string{"fail before this program was built | timedatectl"}},
	})
}

func TestReach(t *testing.T) {
	at := netip.MustParseAddrPort
	here, lan, other := at("127.0.0.1:8888"), at("192.168.1.5:8888"), at("10.0.0.5:8888")
	all := []netip.AddrPort{here, lan, other}
	open := reach{running: true, bound: at("[::]:8888"), asked: all, system: "linux"}
	see := func(set func(*reach)) []Finding {
		r := open
		set(&r)
		return judgeReach(r)
	}
	inUse := server.ListenError(":8888", "udp", "--listen", syscall.EADDRINUSE)
	denied := &net.OpError{Op: "listen", Net: "udp", Err: os.NewSyscallError("bind", fs.ErrPermission)}
	try(t, map[string]judged{
		"well":             {judgeReach(open), []string{"ok answered on 127.0.0.1:8888, 192.168.1.5:8888, 10.0.0.5:8888"}},
		"no server":        {see(func(r *reach) { r.running = false }), []string{"ok port 8888 is free, datagrams arrive on 127"}},
		"this machine":     {see(func(r *reach) { r.bound, r.asked = here, all[:1] }), []string{"ok for this machine only"}},
		"a firewall is on": {see(func(r *reach) { r.firewall = "ufw" }), []string{"ok ufw is on and must allow the port | sudo ufw allow 8888/udp"}},
		"foreign":          {see(func(r *reach) { r.foreign = 9 }), []string{"ok 9 datagrams came from networks that are not served"}},
		"not served": {see(func(r *reach) {
			r.bound, r.closed, r.silent, r.public = at("203.0.113.5:8888"), true, all, []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}
		}), []string{"warn 203.0.113.5 is not a private address | --udp-allow 203.0.113.0/24"}},
		"taken":            {see(func(r *reach) { r.err = inUse }), []string{"fail port 8888/udp is taken | ss -lunp"}},
		"not allowed":      {see(func(r *reach) { r.err = server.ListenError(":80", "udp", "--listen", denied) }), []string{`fail cannot listen on ":80" (udp): permission denied | parley config`}},
		"unknown":          {see(func(r *reach) { r.bound = netip.AddrPort{} }), []string{"warn does not say where"}},
		"dead":             {see(func(r *reach) { r.silent = all }), []string{"fail even to this machine | ufw"}},
		"nobody else":      {see(func(r *reach) { r.silent = all[1:] }), []string{"fail no answer on 192.168.1.5:8888, 10.0.0.5:8888: a firewall | firewall-cmd --permanent --add-port=8888/udp"}},
		"not everybody":    {see(func(r *reach) { r.silent, r.firewall = all[2:], "firewalld" }), []string{"warn no answer on 10.0.0.5:8888 | sudo firewall-cmd"}},
		"on Windows":       {see(func(r *reach) { r.silent, r.system = all[1:], "windows" }), []string{"fail firewall | netsh advfirewall"}},
		"on macOS":         {see(func(r *reach) { r.silent, r.system = all[1:], "darwin" }), []string{"fail firewall | socketfilterfw"}},
		"alone":            {see(func(r *reach) { r.asked = all[:1] }), []string{"warn no private address"}},
		"with public ones": {see(func(r *reach) { r.asked, r.public = all[:1], []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")} }), []string{"warn no private address | --udp-allow 203.0.113.0/24"}},
		"that are served":  {see(func(r *reach) { r.asked, r.allow = all[:1], []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")} }), []string{"ok answered on 127.0.0.1:8888"}},
	})
}

func TestBuffer(t *testing.T) {
	const kib, mib = 1 << 10, 1 << 20
	try(t, map[string]judged{
		"well":         {judgeBuffer(buffer{asked: 4 * mib, granted: 4 * mib, most: 20_000}), []string{"ok 4MiB, enough for 4096 members"}},
		"small room":   {judgeBuffer(buffer{asked: 4 * mib, granted: 208 * kib, most: 2080, inside: 208}), []string{"ok 208KiB, enough for 208 members"}},
		"one more":     {judgeBuffer(buffer{asked: 4 * mib, granted: 208 * kib, most: 2080, inside: 209, system: "linux"}), []string{"warn 208KiB of 4MiB: lines are lost if more than 208 members | net.core.rmem_max=4194304"}},
		"many may":     {judgeBuffer(buffer{asked: 4 * mib, granted: 208 * kib, most: 20_000, system: "linux"}), []string{"warn 208KiB of 4MiB | /etc/sysctl.d/"}},
		"many are":     {judgeBuffer(buffer{asked: 4 * mib, granted: 4 * mib, inside: 5000, system: "linux"}), []string{"warn than 4096 members | rmem_max=5242880"}},
		"ask for more": {judgeBuffer(buffer{asked: 4 * mib, granted: 4 * mib, inside: 5000}), []string{"warn than 4096 members | parley serve --udp-buffer 5MiB"}},
		"lost":         {judgeBuffer(buffer{asked: 4 * mib, granted: 4 * mib, overflow: 3, system: "linux"}), []string{"warn 3 datagrams were lost | rmem_max=8388608"}},
		"lost, small":  {judgeBuffer(buffer{asked: 4 * mib, granted: 1, most: 20_000, overflow: 3, system: "darwin"}), []string{"warn 3 datagrams were lost | kern.ipc.maxsockbuf"}},
		"crowded":      {judgeBuffer(buffer{asked: 4 * mib, granted: 4 * mib, crowded: 3}), []string{"warn 3 datagrams were dropped | --ledger-queue"}},
		"refused":      {judgeBuffer(buffer{asked: 4 * mib, most: 20_000, system: "darwin"}), []string{"warn 0B of 4MiB | maxsockbuf=8388608"}},
		"the system's": {judgeBuffer(buffer{most: 20_000, system: "windows"}), []string{"ok the system's default"}},
	})
}

func TestFiles(t *testing.T) {
	of := func(limit uint64, connections int) []Finding {
		return judgeFiles(openFiles{limit: limit, known: true, connections: connections})
	}
	see := func(set func(*openFiles)) []Finding {
		f := openFiles{limit: 99, known: true}
		set(&f)
		return judgeFiles(f)
	}
	try(t, map[string]judged{
		"well": {
			of(1024, 0),
			[]string{"ok at most 1024, enough for any number of datagram members"},
		},
		"no limit":    {of(1<<63, 20_000), []string{"ok no limit"}},
		"unknown":     {judgeFiles(openFiles{connections: 20_000}), []string{"ok this system has no limit"}},
		"few":         {of(filesComfort-1, 0), []string{"warn at most 255, but | LimitNOFILE=1024"}},
		"too few":     {of(server.FilesLeast-1, 0), []string{"fail at most 39, but a server needs at least 40 | ulimit -n 1024"}},
		"connections": {of(20_321, 20_000), []string{"ok at most 20321, enough for 20000 connections"}},
		"one less": {of(20_320, 20_000), []string{
			"ok at most 20320, enough for 19999 connections",
		}},
		"for few": {of(1000, 20_000), []string{
			"warn at most 1000, enough for 830 connections, but port.connections allows 20000 | " +
				"ulimit -n 1192 && parley serve",
		}},
		"one less than chosen": {judgeFiles(openFiles{
			limit: 20_320, known: true, connections: 20_000, chosen: true,
		}), []string{
			"warn at most 20320, enough for 19999 connections, but port.connections allows 20000 | " +
				"ulimit -n 20321 && parley serve  # as a service, below [Service]: LimitNOFILE=20321",
		}},
		"one at most": {of(filesComfort-1, 1), []string{"warn at most 255, but | ulimit -n 1024"}},
		"not as root": {see(func(f *openFiles) { f.system = "linux" }), []string{
			"warn at most 99, but | sudo prlimit --nofile=1024 --pid $$ && parley serve",
		}},
		"as root": {see(func(f *openFiles) { f.system, f.root = "linux", true }), []string{
			"warn at most 99, but | ulimit -n 1024 && parley serve",
		}},
		"of a running server": {see(func(f *openFiles) { f.pid = 7 }), []string{
			"warn process 7: at most 99, but | # stop the server first: kill 7\nulimit -n 1024 && parley serve",
		}},
		"of a running server, well": {see(func(f *openFiles) { f.pid, f.limit = 7, 1024 }), []string{
			"ok process 7: at most 1024",
		}},
	})
	few := see(func(f *openFiles) { f.pid = 7 })[0]
	if !strings.HasPrefix(few.What.ZH, "进程 7：上限 99") || !strings.HasPrefix(few.Remedy.ZH, "# 请先停止服务器：kill 7\n") {
		t.Errorf("in Chinese: %+v", few)
	}
}

func TestContact(t *testing.T) {
	all := func(addresses ...string) (them []netip.AddrPort) {
		for _, a := range addresses {
			them = append(them, netip.MustParseAddrPort(a))
		}
		return them
	}
	open := contact{running: true, bound: all("[::]:8888", "127.0.0.1:2323"), asked: all("127.0.0.1:8888", "192.168.1.5:8888", "127.0.0.1:2323"), system: "linux"}
	inUse := server.ListenError(":8888", "tcp", "--listen", syscall.EADDRINUSE)
	see := func(set func(*contact)) []Finding {
		c := open
		set(&c)
		return judgeContact(c)
	}
	try(t, map[string]judged{
		"well":             {judgeContact(open), []string{"ok accepted on 127.0.0.1:8888, 192.168.1.5:8888, 127.0.0.1:2323"}},
		"no server":        {see(func(c *contact) { c.running = false }), []string{"ok port 8888, 2323 is free, connections arrive on 127"}},
		"this machine":     {see(func(c *contact) { c.bound, c.asked = c.bound[1:], c.asked[2:] }), []string{"ok for this machine only"}},
		"a firewall is on": {see(func(c *contact) { c.firewall = "ufw" }), []string{"ok ufw is on and must allow the port | sudo ufw allow 8888/tcp\nsudo ufw allow 2323/tcp"}},
		"foreign":          {see(func(c *contact) { c.foreign = 9 }), []string{"ok 9 connections without TLS"}},
		"taken":            {see(func(c *contact) { c.err = inUse }), []string{"fail port 8888/tcp is taken | ss -ltnp"}},
		"unknown":          {see(func(c *contact) { c.bound, c.asked = nil, nil }), []string{"warn does not say where"}},
		"dead":             {see(func(c *contact) { c.silent = c.asked }), []string{"fail even from this machine | ufw allow 8888/tcp"}},
		"nobody else":      {see(func(c *contact) { c.silent = c.asked[1:2] }), []string{"fail cannot connect to 192.168.1.5:8888: a firewall | firewall-cmd --permanent --add-port=8888/tcp"}},
		"not everybody":    {see(func(c *contact) { c.silent, c.firewall = c.asked[:1], "firewalld" }), []string{"fail cannot connect to 127.0.0.1:8888 | sudo firewall-cmd"}},
		"on Windows":       {see(func(c *contact) { c.silent, c.system = c.asked[1:2], "windows" }), []string{"fail firewall | protocol=TCP localport=8888"}},
	})
}

func TestIdentity(t *testing.T) {
	now := time.Date(2030, 5, 9, 12, 0, 0, 0, time.Local)
	mine := identity{own: true, cert: "/d e/c.pem", key: "/d e/k.pem", fingerprint: "AA:BB", from: now.Add(-time.Hour), until: now.Add(certificateSoon)}
	see := func(set func(*identity)) []Finding {
		i := mine
		set(&i)
		return judgeIdentity(i, now)
	}
	try(t, map[string]judged{
		"well":         {judgeIdentity(mine, now), []string{"ok the server's own, valid until 2030-06-08 12:00, SHA-256 AA:BB"}},
		"none yet":     {see(func(i *identity) { i.err = fs.ErrNotExist }), []string{"ok none yet"}},
		"given":        {see(func(i *identity) { i.own = false }), []string{"ok /d e/c.pem, valid until 2030-06-08 12:00, SHA-256 AA:BB"}},
		"not there":    {see(func(i *identity) { i.own, i.err = false, fs.ErrNotExist }), []string{"fail file does not exist | ls -l '/d e/c.pem' '/d e/k.pem'"}},
		"lost":         {see(func(i *identity) { i.err = errors.New("the key is missing") }), []string{"fail the key is missing | ls -l"}},
		"soon over":    {see(func(i *identity) { i.own, i.until = false, i.until.Add(-1) }), []string{"warn expires on 2030-06-08 11:59 | certbot renew"}},
		"own, so":      {see(func(i *identity) { i.until = i.until.Add(-1) }), []string{"warn expires on | rm '/d e/c.pem' '/d e/k.pem' && parley serve"}},
		"over":         {see(func(i *identity) { i.own, i.until = false, now.Add(-1) }), []string{"fail will refuse to connect | certbot renew"}},
		"not yet":      {see(func(i *identity) { i.from = now.Add(1) }), []string{"fail not valid before 2030-05-09 12:00 | date"}},
		"open to all":  {see(func(i *identity) { i.own, i.open = false, true }), []string{"warn can read its key, /d e/k.pem | chmod o= '/d e/k.pem'"}},
		"both at once": {see(func(i *identity) { i.own, i.open, i.until = false, true, now.Add(-1) }), []string{"fail will refuse to connect | certbot", "warn its key | chmod"}},
	})
}

// TestARemedyReplacesTheSettingThatItChanges: flags that are lists add up.
func TestARemedyReplacesTheSettingThatItChanges(t *testing.T) {
	const given = "parley serve --data 'my room' --udp-allow 0.0.0.0/0 --listen :1"
	e := New(Subject{Serve: given})
	for remedy, want := range map[string]string{
		"parley serve --udp-allow 10.0.0.0/8": "parley serve --data 'my room' --listen :1 " +
			"--udp-allow 10.0.0.0/8",
		"parley serve --no-limits=false": given + " --no-limits=false",
		"parley serve --data m": "parley serve --udp-allow 0.0.0.0/0 --listen :1 " +
			"--data m",
		"kill 1; parley serve": "kill 1; " + given,
	} {
		if got := e.served(remedy); got != want {
			t.Errorf("%s: %s, want %s", remedy, got, want)
		}
	}
	e = New(Subject{Serve: `parley serve --data '/srv/it'\''s' --listen :1`})
	if got := e.served("parley serve --data m"); got != "parley serve --listen :1 --data m" {
		t.Error(got)
	}
	e = New(Subject{Serve: "parley serve --no-limits=true --port-allow ''"})
	want := "parley serve --port-allow '' --no-limits=false"
	if got := e.served("parley serve --no-limits=false"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
