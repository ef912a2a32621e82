package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"parley/chat"
	"parley/locale"
)

// keepEvery is how often the server checks that its files are in their place.
const keepEvery = time.Second

// keep looks after the data directory until done is closed. The lock file and the control socket
// are made anew if they were removed or replaced. A lost database is not: the server stops writing.
func (s *Server) keep(done <-chan struct{}) {
	every := time.NewTicker(keepEvery)
	defer every.Stop()
	for {
		select {
		case <-every.C:
			s.look()
		case <-done:
			return
		}
	}
}

// look looks after the data directory once.
func (s *Server) look() {
	renewed, lockErr := s.dir.keep()
	if renewed {
		s.log.Warn("the lock file was removed or replaced, and was made anew", "dir", s.dir.path)
	}
	var held heldError
	if errors.As(lockErr, &held) { // two servers write one database
		s.abandon(lockErr)
	} else if lockErr != nil {
		s.log.Warn("the lock file cannot be made anew", "err", lockErr)
	}
	if err := s.store.InPlace(); err != nil {
		s.abandon(err)
	}
	if lockErr != nil {
		return // without the lock, a socket under our name may be another server's
	}
	if err := s.keepControl(); err != nil {
		s.log.Warn("the control socket is not in its place, and cannot be made anew", "err", err)
	}
}

// abandon makes the store refuse every commit, and has the hub notice before the next message.
func (s *Server) abandon(why error) {
	s.store.Abandon(why)
	if known := s.hub.Status().Storage; known == chat.StorageLost || known == chat.StorageFailed {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), keepEvery)
	defer cancel()
	_ = s.hub.Do(ctx, chat.Alive{}) // refused; if the queue is full, the next look tries again
}

// keepControl listens anew if the control socket was removed or replaced while the server holds the
// lock. Commands under way continue.
func (s *Server) keepControl() error {
	if s.socket.inPlace() {
		return nil
	}
	renewed, err := listenSocket(s.socket.path)
	if err != nil {
		return err
	}
	former := s.socket.listener
	s.socket = renewed
	s.log.Warn("the control socket was removed or replaced, and was made anew", "path", renewed.path)
	s.serve(s.control, s.socket.listener)
	return former.Close()
}

// socket is the control socket, with its file as it was made.
type socket struct {
	path     string
	listener *net.UnixListener
	info     os.FileInfo
}

// listenSocket opens the control socket, which only this user can open. It replaces a socket that
// is there already: the server holds the lock, so that one belongs to a killed server. It does not
// touch anything else at the path.
func listenSocket(path string) (socket, error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return socket{}, fmt.Errorf("look for an old control socket: %w", err)
	case !isSocket(info):
		return socket{}, locale.Errorf(locale.Text{
			EN: "%s, where the control socket belongs, is something else: move it away",
			ZH: "%s 应为控制套接字，却是其他文件：请将其移走",
		}, path)
	default:
		if err := os.Remove(path); err != nil {
			return socket{}, fmt.Errorf("remove the old control socket: %w", err)
		}
	}
	listener, err := listenPrivate(path)
	if err != nil {
		return socket{}, fmt.Errorf("open the control socket: %w", err)
	}
	if info, err = os.Lstat(path); err != nil {
		err = errors.Join(err, listener.Close())
		return socket{}, fmt.Errorf("open the control socket: %w", err)
	}
	listener.SetUnlinkOnClose(false) // the path may be another server's by then: see remove
	return socket{path, listener, info}, nil
}

// inPlace says whether the socket is still the file under its path.
func (s socket) inPlace() bool {
	info, err := os.Lstat(s.path)
	return err == nil && os.SameFile(info, s.info)
}

// remove removes the socket, if it is in its place.
func (s socket) remove() error {
	if !s.inPlace() {
		return nil
	}
	return os.Remove(s.path)
}
