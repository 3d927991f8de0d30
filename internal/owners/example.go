package owners

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/origin"
)

// found adds an origin with host, if it has an owner and re matches it. It
// reports whether it has one.
func (s *search) found(host string) bool {
	owner := ownerOf(host)
	if owner == "" || slices.Contains(s.owners, owner) || s.done() {
		return owner != ""
	}
	example := s.complete(host)
	o, err := origin.Parse(example)
	if err != nil || !s.re.MatchString(example) || ownerOf(o.Host()) != owner {
		s.wrong++
		s.err = errInexact
		return true
	}
	s.owners = append(s.owners, owner)
	s.examples = append(s.examples, example)
	return true
}

// shortest returns the shortest beginning of a host that leads to from, up to
// the dot before from.
func (s *search) shortest(from set) string {
	type link struct {
		c    byte
		next int32
	}
	links := map[int32]link{}
	todo := slices.Clone(from)
	for _, i := range from {
		links[i] = link{}
	}
	for i := 0; i < len(todo); i++ {
		here := todo[i]
		if s.states[here].at.is(hostStart) {
			var b strings.Builder
			for j := here; links[j].c != 0; j = links[j].next {
				b.WriteByte(links[j].c)
			}
			return b.String() + "."
		}
		s.work -= len(s.in[here])
		for _, a := range s.in[here] {
			if _, ok := links[a.state]; !ok {
				links[a.state] = link{a.chars.first(), here}
				todo = append(todo, a.state)
			}
		}
	}
	return ""
}

// complete returns the shortest origin with host that the graph accepts, but one
// with https if re matches it, or "" if there is none.
func (s *search) complete(host string) string {
	if https := "https://" + host; s.re.MatchString(https) {
		return https
	}
	type point struct {
		state int32
		read  int // of host
	}
	type link struct {
		c    byte
		last point
	}
	links := map[point]link{}
	var todo []point
	for _, i := range s.start {
		todo = append(todo, point{i, 0})
		links[point{i, 0}] = link{}
	}
	for i := 0; i < len(todo) && s.work >= 0; i++ {
		here := todo[i]
		if _, end := slices.BinarySearch(s.ends, here.state); end && here.read == len(host) {
			var reversed []byte
			for p := here; links[p].c != 0; p = links[p].last {
				reversed = append(reversed, links[p].c)
			}
			return reverse(reversed)
		}
		s.work -= len(s.out[here.state])
		for _, a := range s.out[here.state] {
			c, read, ok := s.along(a, host, here.read)
			next := point{a.state, read}
			if _, known := links[next]; ok && !known {
				links[next] = link{c, here}
				todo = append(todo, next)
			}
		}
	}
	return ""
}

// along returns the character with which the arrow a is followed, and how much
// of host is then read.
func (s *search) along(a arrow, host string, read int) (c byte, n int, ok bool) {
	switch to := s.states[a.state].at; {
	case to.is(afterDot) && read == len(host): // a dot at the end
		return '.', read, true
	case to.is(inDigits, inLabel, afterDot, inBracket, inIPv6, afterIPv6):
		if read == len(host) || !a.chars.has(host[read]) {
			return 0, 0, false
		}
		return host[read], read + 1, true
	case to.is(portStart):
		return ':', read, read == len(host)
	case to.is(inPort) && a.chars.has('1'):
		return '1', read, true
	default:
		return a.chars.first(), read, true
	}
}
