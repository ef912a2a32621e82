package chat

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// reserved are the names that people take for the server's or an administrator's own, as skeletons.
var reserved = skeletons("administrator", "admin", "server", "system", "parley", "系统",
	"administratormessage")

// titles are what no name may begin with, as skeletons. Chinese sentences have no spaces, so a name
// could be the beginning of one that the server says.
var titles = skeletons("管理员", "系统管理员", "系统消息", "群主", "仅你可见")

func skeletons(names ...string) map[string]bool {
	set := make(map[string]bool)
	for _, name := range names {
		set[skeleton(name)] = true
	}
	return set
}

// isReserved says whether a name, given as its Key, is reserved or begins with a title, or looks
// so. Of the reserved names only whole ones count: admiral, observer and admin2 are free.
func isReserved(key string) bool {
	name := skeleton(key)
	for title := range titles {
		if strings.HasPrefix(name, title) {
			return true
		}
	}
	return reserved[name]
}

// disguises are what passes for the letters of the reserved names, beyond looks: digits and signs, strokes and hooks,
// traditional and mistakable Han. i and l are one letter here, as a capital I and a small l are.
var disguises = lookTable([][2]string{
	{"0134578€£¥§¡|∂", "oieastbeiysiid"},
	{"lłƚɫɭɨđðɖɗɱŋɲɳƞøɵɇəɛǝɍɽɼɾʂŧʈƭɏƴʋƥᵽⱥ", "iiiiiiddddmnnnnooeeeerrrrstttyyvppa"},
	{"пияєэ", "nnree"},
	{"員貟統綂羣糸菅埋僅見", "员员统统群系管理仅见"},
})

// ligatures are the letters that together pass for another one: rn for m, vv for w, cl (with l as i) for d.
var ligatures = strings.NewReplacer("rn", "m", "vv", "w", "ci", "d")

// skeleton reduces a Key to what the eye takes from it at a glance: no marks, nothing but letters and digits, disguises
// dropped, a letter repeated once. It is for isReserved alone: as a Key it would make too many names one.
func skeleton(key string) string {
	letters := strings.Map(func(r rune) rune {
		r = boxedLetter(r)
		if to, disguised := disguises[r]; disguised {
			return to
		}
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) {
			return -1
		}
		return r
	}, norm.NFD.String(key))
	var last rune
	return strings.Map(func(r rune) rune {
		if r == last {
			return -1
		}
		last = r
		return r
	}, ligatures.Replace(letters))
}

// boxedLetter returns the letter in a box, a disc or a regional indicator, which NFKC leaves as symbols; r if it is none.
func boxedLetter(r rune) rune {
	for _, a := range []rune{'🅐', '🅰', '🇦'} {
		if a <= r && r < a+26 {
			return 'a' + r - a
		}
	}
	return r
}
