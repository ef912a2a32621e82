package conversation

import (
	"regexp"
	"strconv"
	"strings"

	"parley/chat"
)

// What the door line writes of what happens, behind the room if that is not the lobby.
var (
	ofRoom   = regexp.MustCompile(`^\[([^ \]]+)\] `)
	says     = regexp.MustCompile(`^([^ :]+): (.*)$`)
	acts     = regexp.MustCompile(`^\* ([^ ]+) (.*)$`)
	toOne    = regexp.MustCompile(`^\(to you alone\) ([^ :]+): (.*)$`)
	isAway   = regexp.MustCompile(`^([^ :]+) is away: (.*)$`)
	isNow    = regexp.MustCompile(`^([^ ]+) is now ([^ ]+)$`)
	topic    = regexp.MustCompile(`^([^ ]+) changes the topic to: (.+)$`)
	noTopic  = regexp.MustCompile(`^([^ ]+) removes the topic()$`)
	announce = regexp.MustCompile(`^Administrator message: ()(.*)$`)
	comings  = regexp.MustCompile(`^([^ ,]+(?:, [^ ,]+)*)(?: and (\d+) others?)? ` +
		`(enters?|quits?|leaves?) the (?:lobby|(?:chat )?room)(?: \(.*\))?$`)
)

// readLines reads a line of what happens; nil: it is none.
func readLines(line string) []Heard {
	if room := ofRoom.FindStringSubmatch(line); room != nil {
		return inRoom(chat.RoomID(room[1]), strings.TrimPrefix(line, room[0]))
	}
	if heard := inRoom(chat.Lobby, line); heard != nil {
		return heard
	}
	if strings.HasPrefix(line, "somebody asked for your nickname") {
		return []Heard{BeingWanted()}
	}
	if reason, ok := cutRemoval(line); ok {
		return []Heard{Removal(reason)}
	}
	if m := toOne.FindStringSubmatch(line); m != nil {
		return []Heard{{Kind: Told, Nick: m[1], Text: m[2]}}
	}
	if m := isAway.FindStringSubmatch(line); m != nil {
		return []Heard{{Kind: IsAway, Nick: m[1], Text: m[2]}}
	}
	return nil
}

// readLine reads what is one thing at most.
func readLine(line string) (Heard, bool) {
	heard := inRoom(chat.Lobby, line)
	if len(heard) != 1 {
		return Heard{}, false
	}
	return heard[0], true
}

// inRoom reads what a room is told.
func inRoom(room chat.RoomID, line string) []Heard {
	for _, row := range []struct {
		form *regexp.Regexp
		kind Kind
	}{{announce, Announced}, {says, Said}, {acts, Did}, {isNow, Renamed}, {topic, Topic}, {noTopic, Topic}} {
		if m := row.form.FindStringSubmatch(line); m != nil {
			return []Heard{{Kind: row.kind, Room: room, Nick: m[1], Text: m[2]}}
		}
	}
	if m := comings.FindStringSubmatch(line); m != nil {
		return crowd(room, m[1], m[2], m[3])
	}
	return nil
}

// crowd is some who come or go at once, of whom the first are named.
func crowd(room chat.RoomID, named, others, does string) (all []Heard) {
	kind := Left
	if strings.HasPrefix(does, "enter") {
		kind = Entered
	}
	for name := range strings.SplitSeq(named, ", ") {
		all = append(all, Heard{Kind: kind, Room: room, Nick: name})
	}
	unnamed, _ := strconv.Atoi(others)
	for range unnamed {
		all = append(all, Heard{Kind: kind, Room: room})
	}
	return all
}
