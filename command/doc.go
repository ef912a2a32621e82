// Package command is what can be asked of a running server by name: one table from which the console, the HTTP interface on the
// control socket, the command line and their help are made.
//
// It knows nothing of sockets, terminals or HTTP: arguments come in as strings by name, answers go out one by one, each of which
// can be shown as text or as JSON.
//
// Its laws: a command is one row; whoever offers commands offers the whole table; what is refused is a *chat.Refusal and has
// changed nothing.
package command
