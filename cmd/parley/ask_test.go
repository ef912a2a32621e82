package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"parley/command"
	"parley/locale"
	"parley/server"
)

// roundTrip is a server behind a client.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answering returns a server that begins its answer at once, writes it as write does, and is cut
// off when the client gives up.
func answering(write func(io.Writer)) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		body, w := io.Pipe()
		context.AfterFunc(r.Context(), func() { w.CloseWithError(r.Context().Err()) })
		go write(w)
		return &http.Response{StatusCode: http.StatusOK, Body: body}, nil
	}
}

func silent(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// asked is what became of a question.
type asked struct {
	answers int
	err     error
	took    time.Duration
}

func askFor(
	ctx context.Context, by roundTrip, row command.Command, a command.Arguments,
) (got asked) {
	began := time.Now()
	q := question{&http.Client{Transport: by}, server.Holder{PID: 4711}, row, a, answerPatience}
	got.err = q.ask(ctx, func(json.RawMessage) error { got.answers++; return nil })
	got.took = time.Since(began)
	return got
}

func TestAServerThatDoesNotAnswerIsGivenUp(t *testing.T) {
	one := answering(func(w io.Writer) { _, _ = io.WriteString(w, "{}\n") })
	for _, row := range command.Steering() {
		for name, by := range map[string]roundTrip{
			"nothing at all": silent, "no answer": answering(func(io.Writer) {}), "one answer": one,
		} {
			synctest.Test(t, func(t *testing.T) {
				got := askFor(t.Context(), by, row, command.Arguments{})
				if got.err == nil || !strings.Contains(got.err.Error(), "process 4711") ||
					!strings.Contains(got.err.Error(), "kill 4711") || got.took != answerPatience {
					t.Errorf("%s, %s: %+v", row.Name, name, got)
				}
				may := strings.Contains(got.err.Error(), "may still be carried out")
				if may != row.Changes {
					t.Errorf("%s is told of with %v", row.Name, got.err)
				}
			})
		}
	}
}

func TestWhatHasNoEndIsAwaitedOnceItHasBegun(t *testing.T) {
	history, _ := command.Find("history")
	endless := command.Arguments{"follow": "true"}
	synctest.Test(t, func(t *testing.T) {
		got := askFor(t.Context(), answering(func(w io.Writer) {
			for range 3 {
				time.Sleep(10 * answerPatience)
				_, _ = io.WriteString(w, "{}\n")
			}
			_ = w.(io.Closer).Close()
		}), history, endless)
		if got.err != nil || got.answers != 3 {
			t.Errorf("%+v", got)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		if got := askFor(t.Context(), silent, history, endless); got.took != answerPatience {
			t.Errorf("it has not begun, and is awaited: %+v", got)
		}
	})
}

func TestASlowReaderOfAnswersIsNotASlowServer(t *testing.T) {
	who, _ := command.Find("who")
	synctest.Test(t, func(t *testing.T) {
		by := answering(func(w io.Writer) {
			_, _ = io.WriteString(w, "{}\n{}\n")
			_ = w.(io.Closer).Close()
		})
		q := question{&http.Client{Transport: by}, server.Holder{}, who, nil, answerPatience}
		err := q.ask(t.Context(), func(json.RawMessage) error {
			time.Sleep(2 * answerPatience) // a pager
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestAQuestionThatIsInterruptedSaysSo(t *testing.T) {
	who, _ := command.Find("who")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := askFor(ctx, silent, who, nil); !errors.Is(got.err, context.Canceled) {
		t.Errorf("%+v", got)
	}
}

func TestAServerThatCannotBeReachedIsToldInEveryLanguage(t *testing.T) {
	broken := func(*http.Request) (*http.Response, error) {
		return nil, errors.New("no such socket")
	}
	row, _ := command.Find("who")
	err := askFor(t.Context(), broken, row, nil).err
	for lang, want := range map[locale.Lang]string{
		locale.English: "cannot reach the server (process 4711): no such socket: " +
			"parley doctor looks for the cause",
		locale.Chinese: "无法连接服务器（进程 4711；no such socket）：请用 parley doctor 查找原因",
	} {
		if got := locale.Explain(err, lang); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
