package main

import (
	"bufio"
	"embed"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"parley/bench/trial"
	"parley/load"
)

// server is one of those that are compared.
type server struct {
	Name    string                 `json:"name"`
	Door    string                 `json:"door"`    // the name of door
	Version string                 `json:"version"` // "" if that is ours
	Config  string                 `json:"config,omitempty"`
	Figures map[string][]*figures  `json:"figures"` // by load; of each round, null where it could not be measured
	kept    map[string]trial.Loads // the same, whole
	door    load.Door
	find    func(*bench, *server) error
	start   func(*bench, *server) (*trial.Process, error)
}

// The servers' names.
const (
	floorMessage = "raw, a write per message"
	floorRound   = "raw, a write per round"
	parley       = "Parley"
	inspircd     = "InspIRCd"
	ngircd       = "ngIRCd"
	natsServer   = "NATS"
)

// peers are all that there are, ours among them.
func peers() []*server {
	return []*server{
		{Name: floorMessage, door: rawDoor, start: floor("message")},
		{Name: floorRound, door: rawDoor, start: floor("round")},
		{Name: parley, door: load.Line, find: findParley, start: (*bench).startParley},
		{Name: inspircd, door: ircDoor, find: installed("inspircd"), start: startInspIRCd},
		{Name: ngircd, door: ircDoor, find: installed("ngircd"), start: startNgIRCd},
		{Name: natsServer, door: natsDoor, find: buildNATS, start: startNATS},
	}
}

func names(servers []*server) (all []string) {
	for _, s := range servers {
		all = append(all, s.Name)
	}
	return all
}

// gather finds out which servers there are.
func (b *bench) gather(wanted func(string) bool) {
	for _, s := range peers() {
		if !wanted(s.Name) {
			continue
		}
		if s.find != nil {
			if err := s.find(b, s); err != nil {
				b.Say("%s is left out: %v", s.Name, err)
				b.Results.Note("%s is left out: %v.", s.Name, err)
				continue
			}
		}
		s.Door = s.door.Name
		s.Figures, s.kept = map[string][]*figures{}, map[string]trial.Loads{}
		b.servers = append(b.servers, s)
	}
}

// named is the server of a name, nil if it is left out.
func (b *bench) named(name string) *server {
	for _, s := range b.servers {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// floor starts the forwarder of lines.
func floor(how string) func(*bench, *server) (*trial.Process, error) {
	return func(b *bench, _ *server) (*trial.Process, error) {
		b.Results.Command("forward --tcp %s 127.0.0.1:0", how)
		return b.Start("forward", "--tcp", how, "127.0.0.1:0")
	}
}

func (b *bench) startParley(*server) (*trial.Process, error) {
	data, err := os.MkdirTemp(b.Dir, "data-")
	if err != nil {
		return nil, err
	}
	b.Results.Command("parley serve --listen 127.0.0.1:0 --no-limits --data DIR")
	return b.Start("parley", "serve", "--listen", "127.0.0.1:0", "--no-limits", "--data", data)
}

// doorMax is how long a door of lines may take to ask for a nickname.
const doorMax = 3 * time.Second

// findParley sees whether the server has a door of lines.
func findParley(b *bench, s *server) error {
	p, err := b.startParley(s)
	if err != nil {
		return err
	}
	defer p.Stop()
	noDoor := fmt.Errorf("it has no door of lines on %s", p.Address)
	conn, err := net.DialTimeout("tcp", p.Address, doorMax)
	if err != nil {
		return noDoor
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(doorMax))
	if _, err := conn.Write([]byte("\n")); err != nil {
		return noDoor
	}
	if said, err := bufio.NewReader(conn).ReadString(':'); err != nil || !strings.Contains(said, "nickname") {
		return noDoor
	}
	return nil
}

// sbin is where Debian has servers, whether or not whoever calls has it in the path.
const sbin = "/usr/sbin"

// binary is where a server's program is.
func binary(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	return exec.LookPath(filepath.Join(sbin, name))
}

// versioned finds a version in what a program says of itself.
var versioned = regexp.MustCompile(`v?(\d+\.\d+[.\d]*)`)

// versionOf asks a program for it.
func (b *bench) versionOf(program string) string {
	out, _ := exec.CommandContext(b.Context, program, "--version").CombinedOutput()
	if m := versioned.FindStringSubmatch(string(out)); m != nil {
		return m[1]
	}
	return "?"
}

// installed finds a server of the system's packages.
func installed(name string) func(*bench, *server) error {
	return func(b *bench, s *server) error {
		program, err := binary(name)
		if err != nil {
			return fmt.Errorf("%s is not installed", name)
		}
		s.Version = b.versionOf(program)
		return nil
	}
}

// nats is the module that pins the NATS server: of its own, so that ours does not need what it needs.
const natsModule, natsPackage = "bench/peers/nats", "github.com/nats-io/nats-server/v2"

func buildNATS(b *bench, s *server) error {
	if b.isQuick {
		return errors.New("building it takes longer than all else")
	}
	build := exec.CommandContext(b.Context, "go", "build", "-C", natsModule, "-trimpath", "-o", b.Program("nats-server"), natsPackage)
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("it cannot be built: %w: %.300s", err, output)
	}
	s.Version = b.versionOf(b.Program("nats-server"))
	return nil
}

//go:embed inspircd.conf ngircd.conf nats.conf
var configs embed.FS

// configure writes a server's configuration for a free port into a directory of its own.
func (b *bench) configure(s *server, name string) (path, address string, err error) {
	content, err := configs.ReadFile(name)
	if err != nil {
		return "", "", err
	}
	s.Config = string(content)
	dir, err := os.MkdirTemp(b.Dir, "server-")
	if err != nil {
		return "", "", err
	}
	port, err := freePort()
	if err != nil {
		return "", "", err
	}
	path = filepath.Join(dir, name)
	filled := strings.NewReplacer("PORT", strconv.Itoa(port), "DIR", dir).Replace(s.Config)
	return path, fmt.Sprintf("127.0.0.1:%d", port), os.WriteFile(path, []byte(filled), 0o600)
}

// freePort is one that nobody listens on now.
func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return listener.Addr().(*net.TCPAddr).Port, listener.Close()
}

func startInspIRCd(b *bench, s *server) (*trial.Process, error) {
	args := []string{"--nofork", "--config="}
	if os.Getuid() == 0 {
		args = append([]string{"--runasroot"}, args...)
	}
	return b.startConfigured(s, inspircd, "inspircd.conf", args...)
}

func startNgIRCd(b *bench, s *server) (*trial.Process, error) {
	return b.startConfigured(s, ngircd, "ngircd.conf", "-n", "-f", "")
}

func startNATS(b *bench, s *server) (*trial.Process, error) {
	return b.startConfigured(s, natsServer, "nats.conf", "-c", "")
}

// startConfigured starts a server whose last argument ends in the path of its configuration.
func (b *bench) startConfigured(s *server, name, config string, args ...string) (*trial.Process, error) {
	program := b.Program("nats-server")
	if name != natsServer {
		var err error
		if program, err = binary(strings.ToLower(name)); err != nil {
			return nil, err
		}
	}
	path, address, err := b.configure(s, config)
	if err != nil {
		return nil, err
	}
	last := len(args) - 1
	b.Results.Command("%s %s", filepath.Base(program), strings.Join(append(args[:last:last], args[last]+config), " "))
	args[last] += path
	return b.StartOn(address, program, args...)
}
