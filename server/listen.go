package server

import (
	"slices"
	"strings"

	"parley/locale"
	"parley/setting"
)

// Endpoint is an address to listen on, and who is met there.
type Endpoint struct {
	Address string // HOST:PORT, where HOST may be empty
	Door    string // that door alone; empty: every door
}

// String is how an operator writes it.
func (e Endpoint) String() string {
	if e.Door == "" {
		return e.Address
	}
	return e.Address + "/" + e.Door
}

// isFor says whether a door is met there.
func (e Endpoint) isFor(door string) bool { return e.Door == "" || e.Door == door }

// Listen is where a server listens. A door for which there is no Endpoint is shut.
type Listen []Endpoint

// String is how an operator writes it.
func (l Listen) String() string {
	all := make([]string, len(l))
	for i, e := range l {
		all[i] = e.String()
	}
	return strings.Join(all, ",")
}

// Datagrams returns the address of the socket for datagrams; empty: there is none.
func (l Listen) Datagrams() string {
	if all := l.among(names(doorTable(), doorRow.takesDatagrams)); len(all) > 0 {
		return all[0].Address
	}
	return ""
}

// Connections returns the addresses at which connections are taken; none: nowhere.
func (l Listen) Connections() (all []string) {
	for _, e := range l.streams(doorTable()) {
		all = append(all, e.Address)
	}
	return all
}

// opens says whether a door is open.
func (l Listen) opens(door string) bool { return len(l.among([]string{door})) > 0 }

// streams returns where connections are taken, each for one door of a table that serves streams or, without a Door, for all.
func (l Listen) streams(table []doorRow) Listen {
	return l.among(names(table, doorRow.servesStreams))
}

// among returns the endpoints at which any of some doors is met.
func (l Listen) among(doors []string) (all Listen) {
	for _, e := range l {
		if slices.ContainsFunc(doors, e.isFor) {
			all = append(all, e)
		}
	}
	return all
}

// names are those of some doors of a table.
func names(table []doorRow, which func(doorRow) bool) (all []string) {
	for _, r := range table {
		if which(r) {
			all = append(all, r.name)
		}
	}
	return all
}

// listenField sets where a server with such doors listens.
func listenField(field *Listen, table []doorRow) setting.Field {
	return setting.List("ADDRESS", func(items []string) error {
		l, err := parseListen(items, table)
		if err != nil {
			return err
		}
		*field = l
		return nil
	})
}

// parseListen reads ADDRESS and ADDRESS/DOOR, for the doors of a table.
func parseListen(items []string, table []doorRow) (Listen, error) {
	if len(items) == 0 {
		return nil, locale.Errorf(locale.Text{
			EN: "the list of addresses is empty: nobody could join", ZH: "地址列表为空：无人可以加入",
		})
	}
	known := names(table, func(doorRow) bool { return true })
	var l Listen
	for _, item := range items {
		address, door, alone := strings.Cut(item, "/")
		if err := setting.CheckAddress(address); err != nil {
			return nil, err
		}
		if alone && !slices.Contains(known, door) {
			return nil, locale.Errorf(locale.Text{
				EN: "%q: unknown protocol %q (valid: %s; line is TCP)",
				ZH: "%q 中的 %q 无效：应为 %s 之一（line 即 TCP）",
			}, item, door, locale.List(known))
		}
		l = append(l, Endpoint{address, door})
	}
	if all := l.among(names(table, doorRow.takesDatagrams)); len(all) > 1 {
		return nil, locale.Errorf(locale.Text{
			EN: "%s and %s are both for UDP, which has only one address: keep one, or write the " +
				"other as ADDRESS/line, which is for TCP alone",
			ZH: "%s 和 %s 都用于 UDP，而 UDP 只能有一个监听地址：" +
				"请只保留一个，或把另一个写成 地址/line，只用于 TCP",
		}, all[0], all[1])
	}
	if err := twice(l.streams(table)); err != nil {
		return nil, err
	}
	return l, nil
}

// twice says which address is listed twice. A port of 0 is another one each time.
func twice(all Listen) error {
	for i, e := range all {
		again := func(other Endpoint) bool { return other.Address == e.Address && !strings.HasSuffix(e.Address, ":0") }
		if slices.ContainsFunc(all[:i], again) {
			return locale.Errorf(locale.Text{EN: "%q is listed twice", ZH: "%q 重复列出"}, e.Address)
		}
	}
	return nil
}
