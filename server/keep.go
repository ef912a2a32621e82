package server

import (
	"context"
	"errors"
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
		s.log.Warn("the lock file was removed or replaced, and was created again", "dir", s.dir.path)
	}
	var held heldError
	if errors.As(lockErr, &held) { // two servers write one database
		s.abandon(lockErr)
	} else if lockErr != nil {
		s.log.Warn("the lock file cannot be created again", "err", lockErr)
	}
	if err := s.store.InPlace(); err != nil {
		s.abandon(err)
	}
	if lockErr != nil {
		return // without the lock, a socket under our name may be another server's
	}
	if err := s.keepControl(); err != nil {
		s.log.Warn("the control socket was removed or replaced, and cannot be created again", "err", err)
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
	s.log.Warn("the control socket was removed or replaced, and was created again", "path", renewed.path)
	s.serve(s.control, s.socket.listener)
	return former.Close()
}

// socket is the control socket, with its file as it was made.
type socket struct {
	path     string
	listener *net.UnixListener
	info     os.FileInfo
}

var cannotListen = locale.Text{
	EN: "cannot open the control socket: %v", ZH: "无法打开控制套接字：%v",
}

// listenSocket opens the control socket, which only this user can open. It replaces a socket that
// is there already: the server holds the lock, so that one belongs to a killed server. It does not
// touch anything else at the path.
func listenSocket(path string) (socket, error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return socket{}, locale.Errorf(cannotListen, err)
	case !isSocket(info):
		return socket{}, locale.Errorf(locale.Text{
			EN: "cannot create the control socket %s: another file is there, move it away",
			ZH: "无法创建控制套接字 %s：该处已有其他文件，请将其移走",
		}, path)
	default:
		if err := os.Remove(path); err != nil {
			return socket{}, locale.Errorf(cannotListen, err)
		}
	}
	listener, err := listenPrivate(path)
	if err != nil {
		return socket{}, locale.Errorf(cannotListen, err)
	}
	if info, err = os.Lstat(path); err != nil {
		err = errors.Join(err, listener.Close())
		return socket{}, locale.Errorf(cannotListen, err)
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
