package conversation

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"parley/chat"
	"parley/server"
)

// stage is where stories are told: a server.
type stage struct {
	*server.Server
	patience time.Duration // how long anything may take before it is called lost

	told map[chat.RoomID]chat.Cursor // what is stored of the stories before
}

// blank is a data directory as a server makes it on its first start, which takes longer than many a story: its files, made once.
var blank = sync.OnceValues(func() (files map[string][]byte, err error) {
	dir, err := os.MkdirTemp("", "conversation")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	first, err := start(dir)
	if err != nil {
		return nil, err
	}
	if err := first.Close(); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	files = map[string][]byte{}
	for _, e := range entries {
		if e.Type().IsRegular() && err == nil {
			files[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name()))
		}
	}
	return files, err
})

// open starts a server in an empty directory.
func open(dir string, patience time.Duration) (*stage, error) {
	files, err := blank()
	for name, content := range files {
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, name), content, 0o600))
	}
	if err != nil {
		return nil, err
	}
	opened, err := start(dir)
	if err != nil {
		return nil, err
	}
	return &stage{Server: opened, patience: patience, told: map[chat.RoomID]chat.Cursor{}}, nil
}

// starts is how often it is tried to start a server: it takes the number of its port from the system for datagrams, and somebody may
// have that number for connections.
const starts = 10

// start starts a server on a free port of this machine, with nothing of the environment in it.
func start(dir string) (s *server.Server, err error) {
	config, err := server.Load(server.Sources{Flags: map[string]string{"data": dir, "listen": "127.0.0.1:0", "no-limits": "true"}})
	if err != nil {
		return nil, err
	}
	for range starts {
		s, err = server.Open(context.Background(), config, "test", slog.New(slog.DiscardHandler))
		if err == nil {
			return s, nil
		}
	}
	return nil, err
}

// do carries out what the administrator asks for.
func (s *stage) do(c chat.Command) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.patience)
	defer cancel()
	return s.Desk().Hub.Do(ctx, c)
}

// settle returns once every door has been told of all that was done before: the hub tells them one after the other, and takes the
// next thing then.
func (s *stage) settle() error {
	ctx, cancel := context.WithTimeout(context.Background(), s.patience)
	defer cancel()
	return s.Turn(ctx)
}
