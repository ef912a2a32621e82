package client

// repeats finds out whether the server tolerates a request that comes twice. The simplest servers do
// not: a Q for a nickname that has left already may crash them. A server has shown that it does once
// it has answered a repeated L of the same nickname from the same address with OK.
type repeats struct {
	name           string
	asked, allowed int  // Ls of name, and OKs since the first
	known          bool // the server tolerates repeats
}

// ask counts an L.
func (r *repeats) ask(name string) {
	if name != r.name {
		r.left()
		r.name = name
	}
	r.asked++
}

// allow counts an OK. Two OKs show nothing if L was sent once: the network may have doubled the answer.
func (r *repeats) allow() {
	r.allowed++
	r.known = r.known || r.asked > 1 && r.allowed > 1
}

// left forgets the nickname: the next L is not a repeat.
func (r *repeats) left() { r.name, r.asked, r.allowed = "", 0, 0 }
