package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"parley/chat"
	"parley/command"
	"parley/door/api"
	"parley/locale"
	"parley/server"
)

// answerPatience is how long a server may take to answer. A disk that stalls for seconds is no
// reason to give up.
const answerPatience = 10 * time.Second

// cutOff is what ask returns when an answer ends halfway.
type cutOff struct{ error }

func (c cutOff) Unwrap() error { return c.error }

func newCutOff(err error) error {
	return cutOff{locale.Errorf(locale.Text{
		EN: "the server's answer was cut off: %v: try again", ZH: "服务器的回答中断（%v）：请重试",
	}, err)}
}

// question is a command for the server that holds a data directory.
type question struct {
	client    *http.Client // of holder's control socket
	holder    server.Holder
	row       command.Command
	arguments command.Arguments
	patience  time.Duration // for the connection and the first answer, and for each answer after it
}

// ask calls each with every answer as it comes, until the last one or until each fails. It returns
// each's error, ctx's, a *chat.Refusal, or why there is no answer. An endless command has no limit
// of time once the server has begun to answer.
func (q question) ask(ctx context.Context, each func(json.RawMessage) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	limit := time.AfterFunc(q.patience, func() { cancel(q.unanswered()) })
	defer limit.Stop()
	response, err := q.send(ctx)
	if err != nil {
		return reasonFor(ctx, q.unreached(err))
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return reasonFor(ctx, refusalOf(response))
	}
	for answers := json.NewDecoder(response.Body); ; {
		if q.row.IsEndless(q.arguments) {
			limit.Stop()
		}
		var raw json.RawMessage
		err := answers.Decode(&raw)
		limit.Stop() // what each does is not the server's doing
		if errors.Is(err, io.EOF) {
			return endOf(response)
		}
		if err != nil {
			return reasonFor(ctx, newCutOff(err))
		}
		if err := each(raw); err != nil {
			return err
		}
		limit.Reset(q.patience)
	}
}

// reasonFor returns why ctx ended, if it has, else err.
func reasonFor(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// unreached returns why the control socket cannot be reached, without the address that package http
// made up for it.
func (q question) unreached(err error) error {
	var request *url.Error
	if errors.As(err, &request) {
		err = request.Err
	}
	return locale.Errorf(locale.Text{
		EN: "cannot reach the server (process %d): %v: parley doctor looks for the cause",
		ZH: "无法连接服务器（进程 %d；%v）：请用 parley doctor 查找原因",
	}, q.holder.PID, err)
}

func (q question) unanswered() error {
	text := locale.Text{
		EN: "the server (process %d) has not answered for %v: parley doctor looks for the cause; " +
			"if nothing else helps, stop it with kill %[1]d and start it again",
		ZH: "服务器（进程 %d）%v 内没有响应：用 parley doctor 查找原因；" +
			"若仍无法恢复，请用 kill %[1]d 停止后重新启动",
	}
	if q.holder.IsStopped() {
		text = locale.Text{
			EN: "the server (process %d) has not answered for %v: it was stopped, perhaps with Ctrl-Z; " +
				"type fg in its terminal, or kill -CONT %[1]d",
			ZH: "服务器（进程 %d）%v 内没有响应：它已被挂起，可能按了 Ctrl-Z；" +
				"请在其终端输入 fg，或执行 kill -CONT %[1]d",
		}
	}
	if q.row.Changes {
		text.EN += ". The command may still be carried out"
		text.ZH += "。该命令仍有可能被执行"
	}
	return locale.Errorf(text, q.holder.PID, q.patience)
}

// send sends the command and returns the response once it begins.
func (q question) send(ctx context.Context) (*http.Response, error) {
	target := url.URL{Scheme: "http", Host: "parley", Path: api.Path(q.row)}
	var body io.Reader
	if q.row.Changes {
		content, err := json.Marshal(q.arguments)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(content)
	} else {
		query := url.Values{}
		for name, value := range q.arguments {
			query.Set(name, value)
		}
		target.RawQuery = query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, api.Method(q.row), target.String(), body)
	if err != nil {
		return nil, err
	}
	return q.client.Do(request)
}

// tell asks a command without arguments and calls each with every answer.
func tell[A command.Answer](
	ctx context.Context, holder server.Holder, name string, patience time.Duration, each func(A),
) error {
	row, _ := command.Find(name)
	q := question{holder.Client(), holder, row, nil, patience}
	return q.ask(ctx, func(raw json.RawMessage) error {
		answer := row.Answer()
		if err := json.Unmarshal(raw, answer); err != nil {
			return notUnderstood(err)
		}
		each(answer.(A))
		return nil
	})
}

func notUnderstood(err error) error {
	return locale.Errorf(locale.Text{
		EN: "cannot understand the server's answer (%v): if it runs another version of Parley, " +
			"restart it with this one",
		ZH: "无法理解服务器的回答（%v）：如果它运行的是其他版本的 Parley，请用本版本重新启动",
	}, err)
}

// refusalOf reads the *chat.Refusal in a response.
func refusalOf(response *http.Response) error {
	return readRefusal(response.Body, response.Status)
}

// endOf returns the refusal with which an answer ends, or nil.
func endOf(response *http.Response) error {
	problem := response.Trailer.Get(api.Trailer)
	if problem == "" {
		return nil
	}
	problem, err := url.QueryUnescape(problem)
	if err != nil {
		return notUnderstood(err)
	}
	return readRefusal(strings.NewReader(problem), "with "+chat.Quote(problem))
}

// readRefusal reads an api.Problem from a response.
func readRefusal(from io.Reader, response string) error {
	var problem api.Problem
	if err := json.NewDecoder(from).Decode(&problem); err != nil {
		return locale.Errorf(locale.Text{
			EN: "the server answered %s: if it runs another version of Parley, " +
				"restart it with this one",
			ZH: "服务器回答 %s：如果它运行的是其他版本的 Parley，请用本版本重新启动",
		}, response)
	}
	refusal := &chat.Refusal{Code: problem.Code}
	if problem.Message != refusal.Code.Sentence() {
		refusal.Detail, refusal.Chinese = problem.Message, problem.Chinese
	}
	return refusal
}
