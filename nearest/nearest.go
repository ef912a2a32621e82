// Package nearest finds the name that somebody meant who mistyped one.
//
// It knows nothing of what is named.
//
// Its law: a name that is too far from what was typed is not suggested.
package nearest

import "strings"

// Name returns the name that is nearest to what was typed, by the number of characters to insert,
// remove, replace or swap with the next; empty if none is near. A name that begins with what was
// typed is near as well. Of several it returns the first. Case does not count.
func Name(typed string, names []string) string {
	wanted := []rune(strings.ToLower(typed))
	if len(wanted) < 2 || len(wanted) > longest {
		return ""
	}
	best, found := tolerance(len(wanted))+1, ""
	for _, name := range names {
		candidate := []rune(strings.ToLower(name))
		if len(candidate) > longest {
			continue
		}
		if d := distance(wanted, candidate); d < best && d < len(candidate) {
			best, found = d, name
		}
	}
	if found != "" {
		return found
	}
	for _, name := range names {
		if strings.HasPrefix(strings.ToLower(name), string(wanted)) {
			return name
		}
	}
	return ""
}

// longest is how many characters are compared at most, as that takes their square in time.
const longest = 64

// tolerance is how many mistakes a name of so many characters may have.
func tolerance(length int) int {
	switch {
	case length < 5:
		return 1
	case length < 10:
		return 2
	}
	return 3
}

// distance is the optimal string alignment distance.
func distance(a, b []rune) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range b {
		rows[0][j+1] = j + 1
	}
	for i := range a {
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			d := min(rows[i][j+1]+1, rows[i+1][j]+1, rows[i][j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				d = min(d, rows[i-1][j-1]+1)
			}
			rows[i+1][j+1] = d
		}
	}
	return rows[len(a)][len(b)]
}
