package owners

import (
	"regexp"
	"slices"
)

// set is a set of states, in any order. One that belongs to a name has the
// states in which the automaton may be when the dot and the name are still to be
// read.
type set []int32

// search reads a graph from its end, to find two origins with different owners.
type search struct {
	*graph
	re *regexp.Regexp

	// The least number of characters that have been read of a label or an IPv6
	// address in each state, and the same for labels after a dot; -1 if there
	// are no such labels.
	fromAny, fromDot []int32

	owners   []string
	examples []string // of the owners
	err      error    // why not all has been searched, if there are no two owners

	work   int             // how many arrows may still be followed
	wrong  int             // how many origins were found that re does not match
	seen   []bool          // by state, for before
	barren map[string]bool // for octets
}

func newSearch(g *graph, re *regexp.Regexp) *search {
	return &search{
		graph: g, re: re, work: maxWork,
		fromAny: g.distances(hostStart, afterDot), fromDot: g.distances(afterDot),
		seen: make([]bool, len(g.states)), barren: map[string]bool{},
	}
}

// distances returns the least number of characters with which each state is
// reached from one of places, within a label or an IPv6 address, or -1.
func (g *graph) distances(places ...place) []int32 {
	far := make([]int32, len(g.states))
	var todo []int32
	for i, st := range g.states {
		far[i] = -1
		if st.at.is(places...) {
			far[i] = 0
			todo = append(todo, int32(i))
		}
	}
	for i := 0; i < len(todo); i++ {
		for _, a := range g.out[todo[i]] {
			if far[a.state] < 0 && g.states[a.state].at.is(inDigits, inLabel, inBracket, inIPv6) {
				far[a.state] = far[todo[i]] + 1
				todo = append(todo, a.state)
			}
		}
	}
	return far
}

// run searches all hosts.
func (s *search) run() {
	hosts := s.hostEnds()
	dotted := s.before(s.only(hosts, afterDot), '.')
	names := union(s.only(hosts, inLabel), s.only(dotted, inLabel))
	s.topLevel(names)
	s.octets(union(s.only(hosts, inDigits), s.only(dotted, inDigits)), "")
	s.ipv6(s.before(s.only(hosts, afterIPv6), ']'))
	s.done()
}

// done reports whether the search can end.
func (s *search) done() bool {
	if s.work < 0 {
		s.err = errComplex
	}
	return len(s.owners) == 2 || s.work < 0 || s.wrong > maxWrong
}

// hostEnds returns the states at the end of a host.
func (s *search) hostEnds() set {
	var hosts set
	visited := make([]bool, len(s.states))
	todo := slices.Clone(s.ends)
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if visited[i] {
			continue
		}
		visited[i] = true
		if !s.states[i].at.is(portStart, inPort) {
			hosts = append(hosts, i)
			continue
		}
		for _, a := range s.in[i] {
			todo = append(todo, a.state)
		}
	}
	return hosts
}

// before returns the states from which c leads to a state of from.
func (s *search) before(from set, c byte) set {
	var to set
	for _, i := range from {
		s.work -= len(s.in[i])
		for _, a := range s.in[i] {
			if a.chars.has(c) && !s.seen[a.state] {
				s.seen[a.state] = true
				to = append(to, a.state)
			}
		}
	}
	for _, i := range to {
		s.seen[i] = false
	}
	return to
}

// only returns the states of from at places.
func (s *search) only(from set, places ...place) set {
	var to set
	for _, i := range from {
		if s.states[i].at.is(places...) {
			to = append(to, i)
		}
	}
	return to
}

func union(a, b set) set {
	all := append(slices.Clone(a), b...)
	slices.Sort(all)
	return slices.Compact(all)
}

// read returns the states from which label, which may be an IPv6 address with
// the bracket before it, leads from its beginning to from.
func (s *search) read(from set, label string) set {
	for i := len(label) - 1; i >= 0; i-- {
		from = s.before(s.only(from, inDigits, inLabel, inBracket, inIPv6), label[i])
	}
	return s.only(from, hostStart, afterDot)
}
