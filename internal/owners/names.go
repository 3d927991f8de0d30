package owners

import (
	"encoding/binary"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/internal/suffix"
)

// common are top-level domains that make familiar examples, and that are tried
// before all others.
var common = [...]string{"com", "net", "org", "io", "dev", "app", "uk", "de", "fr", "jp", "cn", "in", "br", "ru", "xyz", "info", "online", "cloud"}

// topLevel searches names. They have two labels or more, as nobody owns those
// with one.
func (s *search) topLevel(names set) {
	for _, label := range common {
		if s.done() {
			return
		}
		s.visit(label, s.only(s.read(names, label), afterDot))
	}
	s.each(s.labels(names, s.fromDot), func(label string, at set) {
		s.visit(label, s.only(at, afterDot))
	})
}

// visit searches name and the names below it. The set is that of the beginning
// of name.
func (s *search) visit(name string, at set) {
	if s.done() {
		return
	}
	if len(s.only(at, hostStart)) > 0 {
		s.found(name)
	}
	if next := s.only(s.before(s.only(at, afterDot), '.'), inDigits, inLabel); len(next) > 0 {
		s.below(name, next)
	}
}

// below searches the names below name.
func (s *search) below(name string, from set) {
	visit := func(label string, at set) { s.visit(label+"."+name, at) }
	if suffix.Is(name) {
		s.each(s.labels(from, s.fromAny), visit)
		return
	}
	rules := strings.Fields(suffix.Below(name))
	for _, label := range rules {
		if s.done() {
			return
		}
		visit(label, s.read(from, label))
	}
	switch {
	case len(rules) == 0: // all names have the same owner
		if owner := ownerOf(name); owner != "" && !slices.Contains(s.owners, owner) {
			s.found(s.shortest(from) + name)
		}
	case slices.Contains(rules, "*"): // all other labels make public suffixes
		s.each(s.labels(from, s.fromDot), func(label string, at set) {
			visit(label, s.only(at, afterDot))
		})
	default: // the names below all other labels have the same owner
		for label, at := range s.labels(from, s.fromAny) {
			if !slices.Contains(rules, label) {
				visit(label, at)
				break
			}
		}
	}
}

// each calls visit with labels, as long as there is something to search.
func (s *search) each(labels iter.Seq2[string, set], visit func(string, set)) {
	n := 0
	for label, at := range labels {
		if n++; n > maxLabels {
			s.err = errComplex
			return
		}
		visit(label, at)
		if s.done() {
			return
		}
	}
}

// labels returns the labels, or the IPv6 addresses with the bracket before them,
// that lead to from, each with the states at its beginning. There may be more
// labels than anyone can try. Labels that are too long are left out. The
// distances are those of the kind of labels.
func (s *search) labels(from set, distances []int32) iter.Seq2[string, set] {
	return func(yield func(string, set) bool) {
		s.extend(nil, from, distances, yield)
	}
}

// extend yields the labels that end in reversed, which is in reverse, and
// reports whether to go on.
func (s *search) extend(reversed []byte, from set, distances []int32, yield func(string, set) bool) bool {
	from = s.only(from, inDigits, inLabel, inBracket, inIPv6)
	from = slices.DeleteFunc(from, func(i int32) bool {
		return distances[i] < 0 || len(reversed)+int(distances[i]) > maxLabelLen
	})
	var next chars
	for _, i := range from {
		s.work -= len(s.in[i])
		for _, a := range s.in[i] {
			next = next.or(a.chars)
		}
	}
	for ; !next.empty(); next.remove(next.first()) {
		if s.work < 0 {
			return true
		}
		c := next.first()
		at := s.before(from, c)
		begins := slices.ContainsFunc(at, func(i int32) bool { return distances[i] == 0 })
		reversed = append(reversed, c)
		if begins && !yield(reverse(reversed), at) || !s.extend(reversed, at, distances, yield) {
			return false
		}
		reversed = reversed[:len(reversed)-1]
	}
	return true
}

func reverse(b []byte) string {
	b = slices.Clone(b)
	slices.Reverse(b)
	return string(b)
}

// octets searches the IPv4 addresses that end in tail, and reports whether it
// found one that is public. That depends on the first two octets only, except
// for 0.0.0.0: as 0 is tried last, the sets of the second octet in which there
// is no public address are remembered for good.
func (s *search) octets(from set, tail string) (found bool) {
	depth := strings.Count(tail, ".")
	from = s.only(from, inDigits)
	slices.Sort(from)
	key := strconv.Itoa(depth)
	for _, i := range from {
		key = string(binary.BigEndian.AppendUint32([]byte(key), uint32(i)))
	}
	if s.barren[key] {
		return false
	}
	for n := 1; n <= 256 && len(from) > 0 && !s.done(); n++ {
		octet := strconv.Itoa(n % 256)
		at := s.read(from, octet)
		if depth == 3 {
			found = len(s.only(at, hostStart)) > 0 && s.found(octet+tail) || found
		} else {
			found = s.octets(s.before(s.only(at, afterDot), '.'), "."+octet+tail) || found
		}
	}
	if !found && depth < 3 {
		s.barren[key] = true
	}
	return found
}

// ipv6 searches IPv6 addresses, beginning with two well-known ones.
func (s *search) ipv6(from set) {
	visit := func(address string, at set) {
		if len(s.only(at, hostStart)) > 0 {
			s.found(address + "]")
		}
	}
	for _, address := range []string{"[2001:4860:4860::8888", "[2606:4700:4700::1111"} {
		visit(address, s.read(from, address))
	}
	s.each(s.labels(from, s.fromAny), visit)
}
