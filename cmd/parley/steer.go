package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"parley/chat"
	"parley/command"
	"parley/door/api"
	"parley/locale"
	"parley/logging"
	"parley/server"
	"parley/setting"
)

// steerCommands makes a command of each row of the table of what can be asked of a running server.
func steerCommands(lang locale.Lang) []*cobra.Command {
	var all []*cobra.Command
	for _, row := range command.Steering() {
		all = append(all, steerCommand(row, lang))
	}
	return all
}

func steerCommand(row command.Command, lang locale.Lang) *cobra.Command {
	var positional []command.Parameter
	use := []string{row.Name}
	c := &cobra.Command{Short: row.Help.In(lang), Example: strings.TrimRight("  parley "+row.Name+" "+row.Example, " ")}
	for _, p := range row.Parameters {
		help := p.Help.In(lang)
		switch {
		case p.Switch:
			c.Flags().Bool(p.Name, false, help)
		case p.Flag:
			c.Flags().String(p.Name, p.Default, help)
		case p.Required:
			use = append(use, strings.ToUpper(p.Name))
			positional = append(positional, p)
		default:
			use = append(use, "["+strings.ToUpper(p.Name)+"]")
			positional = append(positional, p)
		}
	}
	c.Use = strings.Join(use, " ")
	inJSON := func() (bool, error) { return false, nil }
	if !row.Changes {
		inJSON = outputFlag(c, lang)
	}
	where := settingFlags(c, lang, dataSetting())
	if len(positional) > 0 && positional[0].Name == "nick" {
		offerNicks(c, where)
	}
	c.Args = func(_ *cobra.Command, args []string) error { _, err := arguments(row, positional, args); return err }
	c.RunE = func(c *cobra.Command, args []string) error {
		asJSON, err := inJSON()
		if err != nil {
			return err
		}
		a, err := arguments(row, positional, args)
		if err != nil {
			return err
		}
		for _, p := range row.Parameters {
			if p.Flag && c.Flags().Changed(p.Name) {
				a[p.Name] = c.Flags().Lookup(p.Name).Value.String()
			}
		}
		config, err := where.load()
		if err != nil {
			return err
		}
		return steer(c, config.Data, row, a, asJSON, lang)
	}
	return c
}

// dataSetting is the setting that says which data directory a command is about.
func dataSetting() []setting.Setting {
	return slices.DeleteFunc(server.Settings(), func(s setting.Setting) bool { return s.Key != "data" })
}

// arguments gives the words typed to the parameters; the last one that takes the rest takes it.
func arguments(row command.Command, positional []command.Parameter, words []string) (command.Arguments, error) {
	a := command.Arguments{}
	for i, p := range positional {
		switch {
		case len(words) == 0 && p.Required:
			return nil, usageError(locale.Errorf(locale.Text{EN: "%s is missing: parley %s", ZH: "缺少 %s：parley %s"}, strings.ToUpper(p.Name), row.Usage()))
		case len(words) == 0:
		case p.Rest && i == len(positional)-1:
			a[p.Name], words = strings.Join(words, " "), nil
		default:
			a[p.Name], words = words[0], words[1:]
		}
	}
	if len(words) > 0 {
		return nil, usageError(locale.Errorf(locale.Text{EN: "%q is one word too many: parley %s", ZH: "多了一个词 %q：parley %s"}, words[0], row.Usage()))
	}
	return a, nil
}

// steer has a command carried out by the server of a data directory and prints what it answers.
func steer(c *cobra.Command, data string, row command.Command, a command.Arguments, asJSON bool, lang locale.Lang) error {
	holder, err := server.FindHolder(data)
	if errors.Is(err, server.ErrNotRunning) {
		return locale.Errorf(locale.Text{
			EN: "no server runs on the data directory %s: start one with parley serve, or name its directory with --data",
			ZH: "数据目录 %s 上没有运行中的服务器：请用 parley serve 启动，或用 --data 指定目录",
		}, data)
	}
	if err != nil {
		return err
	}
	response, err := ask(c.Context(), holder.Socket, row, a)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return refusalOf(response, lang)
	}
	answers := json.NewDecoder(response.Body)
	for {
		answer := row.Answer()
		var raw json.RawMessage
		err := answers.Decode(&raw)
		if errors.Is(err, io.EOF) || c.Context().Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the server's answer was cut off: %w", err)
		}
		if asJSON {
			fmt.Fprintln(c.OutOrStdout(), string(raw))
			continue
		}
		if err := json.Unmarshal(raw, answer); err != nil {
			return fmt.Errorf("the server's answer is not understood, is it another version? %w", err)
		}
		if row.Replaces && row.IsEndless(a) && onTerminal(c.OutOrStdout()) {
			fmt.Fprint(c.OutOrStdout(), clearScreen)
		}
		fmt.Fprintln(c.OutOrStdout(), logging.Harmless(answer.Text(lang))) // whatever is in the database
	}
}

// clearScreen empties a terminal and goes to its top left (ECMA-48 CUP, ED).
const clearScreen = "\x1b[H\x1b[2J"

// ask sends a command to the control socket.
func ask(ctx context.Context, socket string, row command.Command, a command.Arguments) (*http.Response, error) {
	target := url.URL{Scheme: "http", Host: "parley", Path: api.Path(row)}
	var body io.Reader
	if row.Changes {
		content, err := json.Marshal(a)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(content)
	} else {
		query := url.Values{}
		for name, value := range a {
			query.Set(name, value)
		}
		target.RawQuery = query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, api.Method(row), target.String(), body)
	if err != nil {
		return nil, err
	}
	return reach(socket, request)
}

// reach sends a request to a control socket.
func reach(socket string, request *http.Request) (*http.Response, error) {
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", socket)
	}}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return nil, fmt.Errorf("reach the server: %w", err)
	}
	return response, nil
}

func refusalOf(response *http.Response, lang locale.Lang) error {
	var problem api.Problem
	if err := json.NewDecoder(response.Body).Decode(&problem); err != nil {
		return fmt.Errorf("the server answered %s", response.Status)
	}
	refusal := &chat.Refusal{Code: problem.Code}
	if problem.Message != refusal.Code.Sentence() {
		refusal.Detail = problem.Message
	}
	return errors.New(locale.Refusal(refusal, lang))
}
