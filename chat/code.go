package chat

import "fmt"

// Code says why something was refused. The set is closed and append-only: numbers stand in hashes and in logs, names travel
// in JSON, so neither is ever changed or reused.
type Code uint16

const (
	OK             Code = iota // not refused
	Internal                   // a fault of ours; the log has the whole of it
	Busy                       // a queue is full; the same again later may pass
	ShuttingDown               // the server ends; nothing new is taken
	StorageFull                // the disk is full or read-only; heals by itself
	StorageFailed              // the disk failed; needs an operator
	NickEmpty                  // no nickname was given
	NickTooLong                // more than NickMaxGraphemes or NickMaxBytes
	NickCharacters             // a character that a nickname cannot have
	NickScripts                // scripts mixed in a way that misleads the eye
	NickReserved               // an administrator's name, or one that looks like it
	NickOccupied               // somebody else has it
	NotInside                  // the session has not entered
	NotYours                   // the nickname entered through another address
	TextEmpty                  // nothing to say
	TextTooLong                // more than the limit for one message
	TextEncoding               // not UTF-8, or with a NUL
	TooFast                    // over the rate allowed
	RoomUnknown                // no such room
	NickUnknown                // nobody inside has that nickname
	CommandUnknown             // no such command
	BadArgument                // a command was given what it cannot use
	RoomFull                   // as many are inside as may be
	RoomName                   // what a room cannot be called
	RoomNotJoined              // the room exists, and the session is not in it
	TooManyRooms               // as many rooms as there, or one member, may have
	NotAllowed                 // for those with a higher role
	StorageLost                // the database was removed while in use; needs an operator
	AddressFull                // as many are inside from one address as may be
	NewRooms                   // as many rooms were created from one network as an hour allows
	NewDirects                 // as many direct rooms were created as an hour allows
	NodeGone                   // the server's life in the log has ended
	NodeSpoke                  // the server that was taken for gone is not

	codeEnd
)

// codes has each Code's name (what programs read) and sentence (what people read). The sentences of the plain datagram
// protocol are among them: `the nickname is occupied` is what its clients have always been sent.
var codes = [codeEnd]struct{ name, sentence string }{
	OK:           {"ok", "ok"},
	Internal:     {"internal", "internal error: see the server's log"},
	Busy:         {"busy", "the server is busy, please try again"},
	ShuttingDown: {"shutting_down", "the server is shutting down"},
	StorageFull: {
		"storage_full",
		"the server's disk is full: messages cannot be stored until space is freed",
	},
	StorageFailed: {
		"storage_failed",
		"the server's disk failed: messages cannot be stored until the server is restarted",
	},
	NickEmpty:      {"nick_empty", "the nickname is empty"},
	NickTooLong:    {"nick_too_long", "the nickname is too long"},
	NickCharacters: {"nick_characters", "the nickname has invalid characters"},
	NickScripts:    {"nick_scripts", "the nickname mixes alphabets that look alike"},
	NickReserved:   {"nick_reserved", "the nickname is reserved"},
	NickOccupied:   {"nick_occupied", "the nickname is occupied"},
	NotInside:      {"not_inside", "you are not in the chat room under that nickname: enter first"},
	NotYours:       {"not_yours", "this nickname is in use from another address"},
	TextEmpty:      {"text_empty", "the message is empty"},
	TextTooLong:    {"text_too_long", "the message is too long"},
	TextEncoding:   {"text_encoding", "the message is not UTF-8 text"},
	TooFast:        {"too_fast", "too many lines, please slow down"},
	RoomUnknown:    {"room_unknown", "no such room"},
	NickUnknown:    {"nick_unknown", "no member has that nickname"},
	CommandUnknown: {"command_unknown", "no such command"},
	BadArgument:    {"bad_argument", "invalid command"},
	RoomFull:       {"room_full", "the chat room is full"},
	RoomName:       {"room_name", "invalid room name"},
	RoomNotJoined:  {"room_not_joined", "you are not in that room: join it first"},
	TooManyRooms: {
		"too_many_rooms",
		"there are too many rooms: leave one, or join one that exists",
	},
	NotAllowed:  {"not_allowed", "only the administrator can do that"},
	StorageLost: {"storage_lost", "the server lost its database: its operator must restore it"},
	AddressFull: {"address_full", "too many members have joined from your address"},
	NewRooms: {
		"new_rooms",
		"too many new rooms from your address: join a room from /rooms, or try again in an hour",
	},
	NewDirects: {
		"new_directs",
		"you have begun too many private conversations: try again in an hour",
	},
	NodeGone: {
		"node_gone",
		"your server was cut off from the others: enter the chat room again",
	},
	NodeSpoke: {"node_spoke", "that server is not gone"},
}

// String returns the name that programs read, such as `nick_occupied`.
func (c Code) String() string {
	if c < codeEnd {
		return codes[c].name
	}
	return fmt.Sprintf("code_%d", uint16(c))
}

// Sentence returns what people read, in English, without a full stop.
func (c Code) Sentence() string {
	if c < codeEnd {
		return codes[c].sentence
	}
	return c.String()
}

// Codes returns every Code there is, in order.
func Codes() []Code {
	all := make([]Code, codeEnd)
	for i := range all {
		all[i] = Code(i)
	}
	return all
}

// MarshalText and UnmarshalText make a Code its name in JSON.
func (c Code) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads a name; one that this version does not know becomes Internal.
func (c *Code) UnmarshalText(name []byte) error {
	*c = Internal
	for i := range codes {
		if codes[i].name == string(name) {
			*c = Code(i)
		}
	}
	return nil
}

// Refusal is a clear no: nothing was changed. It is the only error that is shown to people. Package
// chat does not write Chinese; package locale fills that field in.
type Refusal struct {
	Code    Code   `json:"code"`
	Detail  string `json:"detail,omitempty"` // replaces the Code's sentence where more can be said
	Chinese string `json:"zh,omitempty"`     // Detail in Chinese; empty: it is shown as it is
}

// Refuse returns a Refusal with the Code's own sentence.
func Refuse(c Code) *Refusal { return &Refusal{Code: c} }

// Error returns the sentence that people read.
func (r *Refusal) Error() string {
	if r.Detail != "" {
		return r.Detail
	}
	return r.Code.Sentence()
}
