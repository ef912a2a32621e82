package conversation

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"parley/chat"
)

// Story is one that is being told, on a stage of its own.
type Story struct {
	stage   *stage
	members []*Member

	// isCrowded says that many come and go at once. What anybody asks for, somebody else may have. A door that gathers who comes tells
	// those, too, who have just come, and none who have just left.
	isCrowded bool

	mu    sync.Mutex // guards the rest
	err   error      // of the first step that failed
	lives []*life    // in the order in which they began
}

// life is somebody's presence in the chat room under a nickname.
type life struct {
	member *Member
	nick   string // on entering
	first  string // what is said first, where several enter at once: by that it is found in the log
	found  bool
}

// As returns who plays a role.
func (s *Story) As(nick string) *Member {
	for _, m := range s.members {
		if m.role == nick {
			return m
		}
	}
	s.fail(place(), fmt.Errorf("nobody plays %s", nick))
	return &Member{story: s}
}

// Announces tells everybody something as the administrator.
func (s *Story) Announces(text string) {
	s.step(func() error { return s.stage.do(chat.Announce{By: chat.ByOperator(), Text: text}) })
}

// Kicks removes somebody.
func (s *Story) Kicks(nick, reason string) {
	s.step(func() error {
		n, err := chat.ParseNick(nick)
		if err != nil {
			return err
		}
		return s.stage.do(chat.Kick{By: chat.ByOperator(), NickKey: n.Key, Detail: reason})
	})
}

// Together lets several do something at once, each of them in one of the functions.
func (s *Story) Together(all ...func()) {
	var acting sync.WaitGroup
	for _, act := range all {
		acting.Go(act)
	}
	acting.Wait()
}

// step carries out a step, unless one before has failed.
func (s *Story) step(do func() error) {
	if s.failed() != nil {
		return
	}
	if err := do(); err != nil {
		s.fail(place(), err)
	}
}

func (s *Story) failed() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// fail keeps the first error.
func (s *Story) fail(at string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = fmt.Errorf("%s: %w", at, err)
	}
}

// begin notes that a life has begun.
func (s *Story) begin(m *Member, nick string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m.life = &life{member: m, nick: nick}
	s.lives = append(s.lives, m.life)
}

// place is where in the story the step under way stands: the innermost file of tests.
func place() string {
	var callers [32]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(2, callers[:])])
	for {
		f, more := frames.Next()
		if strings.HasSuffix(f.File, "_test.go") {
			return fmt.Sprintf("%s:%d", filepath.Base(f.File), f.Line)
		}
		if !more {
			return "somewhere"
		}
	}
}

// curtain ends a story: nothing of it is on its way any more, and nothing was refused or heard without a step that says so.
func (s *Story) curtain() (*Outcome, error) {
	if err := s.stage.settle(); err != nil {
		return nil, err
	}
	o, err := s.stage.outcome()
	if err != nil {
		return nil, err
	}
	const said = "the curtain falls"
	if err := s.stage.do(chat.Announce{
		By:   chat.ByOperator(),
		Text: said,
	}); err != nil { // behind it nothing is kept back, either
		return nil, err
	}
	if err := s.stage.settle(); err != nil {
		return nil, err
	}
	should := s.replay(o.messages)
	var errs []error
	for _, m := range s.members {
		if err := m.ends(should[m], said); err != nil {
			errs = append(errs, fmt.Errorf("%s, by %s: %w", m.role, m.door.Name, err))
		}
	}
	return o, errors.Join(errs...)
}

// until is when what is waited for from now on is called lost.
func (s *Story) until() time.Time { return time.Now().Add(s.stage.patience) }
