package pathread_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/internal/pathread"
	"github.com/corsac-dev/corsac/internal/pathread/pathtest"
)

// serverSteps are what servers do to the path of a request, each written as
// simply as possible and independently of the package.
var serverSteps = []struct {
	name string
	take func(path string) string
}{
	{"decode", func(p string) string { return naiveDecode(p, "") }},
	{"decode all but slashes", decodeAllButSlashes},
	{"decode unreserved", func(p string) string { return naiveDecode(p, unreserved) }},
	{"backslashes", func(p string) string { return strings.ReplaceAll(p, `\`, "/") }},
	{"merge slashes", mergeSlashes},
	{"resolve dots", func(p string) string { p, _ = removeDotSegments(p); return p }},
	{"resolve encoded dots", func(p string) string { p, _ = removeDotSegments(plainDotSegments(p)); return p }},
	{"strip parameters", func(p string) string {
		return eachSegment(p, func(s string) string { s, _, _ = strings.Cut(s, ";"); return s })
	}},
	{"trim spaces", trim(" ")},
	{"trim blanks", trim(" \t")},
	{"trim dots and spaces", trim(". ")},
	{"trim dots and blanks", trim(". \t")},
	{"end at NUL", func(p string) string { p, _, _ = strings.Cut(p, "\x00"); return p }},
	{"drop NULs", func(p string) string { return strings.ReplaceAll(p, "\x00", "") }},
	{"end at ?", func(p string) string { p, _, _ = strings.Cut(p, "?"); return p }},
	{"end at #", func(p string) string { p, _, _ = strings.Cut(p, "#"); return p }},
	{"end at space", func(p string) string { p, _, _ = strings.Cut(p, " "); return p }},
	{"end at carriage return", func(p string) string { p, _, _ = strings.Cut(p, "\r"); return p }},
	{"end at newline", func(p string) string { p, _, _ = strings.Cut(p, "\n"); return p }},
	{"decode slashes", func(p string) string { return naiveDecode(p, `/\`) }},
	{"drop host", dropHost},
	{"drop tabs and newlines", func(p string) string { return strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(p) }},
	{"trim controls at the end", func(p string) string {
		for p[len(p)-1] <= ' ' {
			p = p[:len(p)-1]
		}
		return p
	}},
}

const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

// naiveDecode decodes the escapes of the given bytes once; of all bytes if there
// are none.
func naiveDecode(p, only string) string {
	var out []byte
	for i := 0; i < len(p); i++ {
		if p[i] == '%' && i+2 < len(p) {
			// ParseUint takes no sign.
			c, err := strconv.ParseUint(p[i+1:i+3], 16, 8)
			if err == nil && (only == "" || strings.IndexByte(only, byte(c)) >= 0) {
				out = append(out, byte(c))
				i += 2
				continue
			}
		}
		out = append(out, p[i])
	}
	return string(out)
}

// decodeAllButSlashes splits a path at each escaped slash, decodes the parts, and
// writes the escaped slashes between them again.
func decodeAllButSlashes(p string) string {
	parts := strings.Split(strings.ReplaceAll(p, "%2f", "%2F"), "%2F")
	for i, part := range parts {
		parts[i] = naiveDecode(part, "")
	}
	return strings.Join(parts, "%2F")
}

func mergeSlashes(p string) string {
	for strings.Contains(p, "//") {
		p = strings.ReplaceAll(p, "//", "/")
	}
	return p
}

func eachSegment(p string, change func(string) string) string {
	segments := strings.Split(p, "/")
	for i, s := range segments {
		segments[i] = change(s)
	}
	return strings.Join(segments, "/")
}

// trim returns the step that trims characters from the end of each segment; dot
// segments stay.
func trim(cutset string) func(string) string {
	return func(p string) string {
		return eachSegment(p, func(s string) string {
			if s == "." || s == ".." {
				return s
			}
			return strings.TrimRight(s, cutset)
		})
	}
}

// dropHost takes a path for a URL without a scheme: what comes after two slashes is
// a host. The URL standard ignores further slashes.
func dropHost(p string) string {
	if !strings.HasPrefix(p, "//") {
		return p
	}
	_, rest, _ := strings.Cut(strings.TrimLeft(p, "/"), "/")
	return "/" + rest
}

// plainDotSegments writes the dot segments of the URL standard as "." and "..".
func plainDotSegments(p string) string {
	return eachSegment(p, func(s string) string {
		dots := strings.ReplaceAll(strings.ToLower(s), "%2e", ".")
		if dots == "." || dots == ".." {
			return dots
		}
		return s
	})
}

// removeDotSegments is RFC 3986 §5.2.4, to the letter. It climbs if a ".." has
// nothing before it.
func removeDotSegments(in string) (out string, climbs bool) {
	for in != "" {
		switch {
		case strings.HasPrefix(in, "/./"): // 2B
			in = in[2:]
		case in == "/.":
			in = "/"
		case strings.HasPrefix(in, "/../") || in == "/..": // 2C
			in = "/" + strings.TrimPrefix(in[3:], "/")
			if out == "" {
				climbs = true
			} else {
				out = out[:strings.LastIndex(out, "/")]
			}
		default: // 2E; 2A and 2D are about paths that do not begin with a slash
			end := strings.Index(in[1:], "/") + 1
			if end == 0 {
				end = len(in)
			}
			out, in = out+in[:end], in[end:]
		}
	}
	return out, climbs
}

// layout is routes.
type layout struct {
	routes []route
	table  pathread.Table[string]
}

type route struct{ prefix, policy string }

var layouts = []*layout{
	newLayout(route{"/public/", "lax"}, route{"/", "strict"}),
	newLayout(route{"/public", "lax"}, route{"/admin", "strict"}, route{"/", "lax"}),
	newLayout(route{"/public/", "lax"}, route{"/admin/", "strict"}),
	newLayout(route{"/pub", "lax"}, route{"/pub/secret", "strict"}),
	newLayout(route{"/mix", "lax"}, route{"/mix/secret", "strict"}),
	newLayout(route{"/", "lax"}, route{"/Mix/Secret", "strict"}, route{"/pub/mix", "strict"}),
	newLayout(route{"/API", "lax"}, route{"/api", "strict"}, route{"/", "lax"}),
	newLayout(route{"/API", "lax"}, route{"/api", "strict"}, route{"/Api/secret", "third"}),
	newLayout(route{"/MIX", "lax"}, route{"/mix", "lax"}, route{"/mix/admin", "strict"}),
	newLayout(route{"/caf%C3%A9", "lax"}, route{"/a%7Cb", "strict"}, route{"/", "lax"}),
	newLayout(route{"/caf%C3%A9/100%25", "strict"}, route{"/caf%C3%A9", "lax"}),
	newLayout(route{"/public", "lax"}),
	newLayout(route{"/", "lax"}),
	newLayout(route{"/a/b/c", "strict"}, route{"/a/b", "lax"}, route{"/a", "strict"}, route{"/", "lax"}),
}

func newLayout(routes ...route) *layout {
	l := &layout{routes: routes}
	l.table.Same = func(a, b string) bool { return a == b }
	for _, route := range routes {
		l.table.Add(pathread.DecodeSegments(route.prefix), route.policy)
	}
	return l
}

func (l *layout) String() string { return fmt.Sprintf("%q", l.routes) }

func (l *layout) prefixes() (prefixes []string) {
	for _, route := range l.routes {
		prefixes = append(prefixes, route.prefix)
	}
	return prefixes
}

// match returns the policy by which a path is decided, which is "" if it has no
// route.
func (l *layout) match(path string) string {
	policy, _ := l.table.Match(pathread.DecodeSegments(path))
	return policy
}

// refuses reports whether a path has no route or is refused, as in the gateway.
// It is confined if the upstream has a base.
func (l *layout) refuses(path string, confined bool) bool {
	policy := l.match(path)
	if policy == "" {
		return true
	}
	return !pathread.Routing{
		Uniform: l.table.Uniform(),
		Exact:   func(reading string) bool { exact, _ := l.table.Match(reading); return exact == policy },
		Folded:  func(reading string) bool { folded, _ := l.table.MatchFolded(reading); return folded == policy },
		Folds:   l.table.Folds,
	}.Settled(path, confined)
}

// naivePolicy returns the policy of the longest prefix that takes a reading, or ""
// if there is none.
func (l *layout) naivePolicy(reading string, ignoreCase bool) string {
	longest, policy := -1, ""
	for _, route := range l.routes {
		prefix := strings.TrimRight(route.prefix, "/")
		switch {
		case len(prefix) < longest || !takes(prefix, reading, ignoreCase):
		case len(prefix) > longest:
			longest, policy = len(prefix), route.policy
		case policy != route.policy:
			return l.naivePolicy(reading, false) // prefixes that differ only in case
		}
	}
	return policy
}

// takes compares a prefix and a reading segment by segment.
func takes(prefix, reading string, ignoreCase bool) bool {
	want, got := segmentsOf(prefix, ignoreCase), segmentsOf(reading, ignoreCase)
	return len(want) <= len(got) && slices.Equal(want, got[:len(want)])
}

// segmentsOf decodes what a request cannot have unescaped: which of the two a
// server compares makes no difference.
func segmentsOf(p string, ignoreCase bool) []string {
	if ignoreCase {
		p = lowerASCII(p)
	}
	return strings.Split(naiveDecode(p, escapedInRequests), "/")
}

var escapedInRequests = func() string {
	set := []byte("\"%<>^`{|}\x7f ")
	for c := range 256 {
		if c < ' ' || c > 0x7f {
			set = append(set, byte(c))
		}
	}
	return string(set)
}()

func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c - 'A' + 'a'
		}
	}
	return string(b)
}

// walkResult is what a server that takes some steps does with a path.
type walkResult struct {
	elsewhere, climbs bool
	steps             []string
	reading           string
}

// walkSteps takes steps, one for each byte, and matches what is left.
func (l *layout) walkSteps(path string, sequence []byte) (w walkResult) {
	w.reading = path
	for _, b := range sequence {
		step := serverSteps[int(b)%len(serverSteps)]
		if strings.HasPrefix(step.name, "resolve") {
			w.climbs = w.climbs || climbs(w.reading)
		}
		w.reading = step.take(w.reading)
		w.steps = append(w.steps, step.name)
	}
	w.elsewhere = l.elsewhere(path, w.reading)
	return w
}

// climbs reports whether a server that resolves a reading, by one standard or the
// other, finds a ".." with nothing before it.
func climbs(reading string) bool {
	_, plain := removeDotSegments(reading)
	_, encoded := removeDotSegments(plainDotSegments(reading))
	return plain || encoded
}

// elsewhere reports whether a reading has another policy than its path.
func (l *layout) elsewhere(path, reading string) bool {
	policy := l.match(path)
	return l.naivePolicy(reading, false) != policy || l.naivePolicy(reading, true) != policy
}

// verdicts remembers whether a layout refuses a path.
type verdicts struct{ free, confined bool }

func (l *layout) verdicts(path string) verdicts {
	return verdicts{l.refuses(path, false), l.refuses(path, true)}
}

// hole describes how a sequence of steps gets by the verdicts on a path, or is "".
func (l *layout) hole(path string, v verdicts, w walkResult) string {
	switch {
	case w.elsewhere && !v.free:
		return fmt.Sprintf("routes %v: %q is accepted; %q make it %q, which has another policy", l, path, w.steps, w.reading)
	case w.elsewhere && !v.confined:
		return fmt.Sprintf("routes %v: %q is accepted when confined; %q make it %q, which has another policy", l, path, w.steps, w.reading)
	case w.climbs && !v.confined:
		return fmt.Sprintf("routes %v: %q is accepted when confined; %q climb out of it", l, path, w.steps)
	}
	return ""
}

// asPath makes bytes a path as a request line has it: what comes after a "?" is
// the query, and a blank or the end of the line would end it. Bytes beyond ASCII
// choose the prefixes of the layout and what pathtest makes paths of.
func (l *layout) asPath(b []byte) string {
	tokens := slices.Concat(l.prefixes(), pathtest.Tokens)
	var path strings.Builder
	path.WriteString("/")
	for _, c := range b {
		switch {
		case c >= 0x80:
			path.WriteString(tokens[int(c-0x80)%len(tokens)])
		case c == '?' || c == ' ' || c == '\r' || c == '\n':
			fmt.Fprintf(&path, "%%%02X", c)
		default:
			path.WriteByte(c)
		}
	}
	return path.String()
}

// maxSteps is more than it takes to decode three times and to resolve in between.
const maxSteps = 12

// attacks are paths that were once accepted, each with the layout and the steps
// by which it gets past it.
var attacks = []struct {
	path   string
	layout int
	steps  string
}{
	{"/public/a%5cb%2f..%2f..%2fadmin/x", 0, "decode, resolve dots"},
	{"/public/a%5cb%2f..%2f..%2fadmin/x", 1, "decode, resolve dots"},
	{"/pub/a%2fb/../;/..;x%2fpub/secret", 3, "strip parameters, resolve dots"},
	{"/pub/a%2fb/../;/..;x%2fpub/secret", 3, "resolve dots, decode, strip parameters, merge slashes, resolve dots"},
	{"/mix/SECRET", 4, ""},
	{"/a%5cb%2f..%2f..%2foutside/x", 12, "decode, resolve dots"},
	{"/public/%252e%252e/admin", 2, "decode, resolve encoded dots"},
	{"/public/.%00./admin", 2, "decode, drop NULs, resolve dots"},
	{"/public/%23/../../admin%3f/../../public/x", 1, "decode, end at ?, resolve dots"},
	{"/public/%3f/../../admin%23/../../public/x", 1, "decode, end at #, resolve dots"},
	{"//x/admin/y", 1, "drop host"},
	{`/\x/admin/y`, 1, "backslashes, drop host"},
	{"/pub/%2e%2e%2f../mix", 5, "decode slashes, resolve dots"},
	{"/public/.%09./admin", 1, "decode, drop tabs and newlines, resolve dots"},
	{"/admin%20HTTP/1.0%0d%0a%0d%0a", 1, "decode, end at space"},
	{"/admin%0ax", 1, "decode, end at newline"},
	{"/admin%01", 1, "decode, trim controls at the end"},
	{"/a/b/x/..%20/..%09/..%20/c", 13, "decode, trim spaces, resolve dots"},
}

// sequenceOf returns the bytes that choose steps, given by name.
func sequenceOf(steps string) (sequence []byte) {
	for name := range strings.SplitSeq(steps, ", ") {
		for i, step := range serverSteps {
			if step.name == name {
				sequence = append(sequence, byte(i))
			}
		}
	}
	return sequence
}

// randomSequence is of the first steps, which matter most, every other time.
func randomSequence(r *rand.Rand) []byte {
	sequence := make([]byte, r.IntN(maxSteps+1))
	for i := range sequence {
		sequence[i] = byte(r.IntN(len(serverSteps) >> r.IntN(2)))
	}
	return sequence
}

// random returns a source of random numbers; its seed is new unless CORSAC_SEED is set.
func random(t *testing.T) *rand.Rand {
	t.Helper()
	seed, err := strconv.ParseUint(os.Getenv("CORSAC_SEED"), 10, 64)
	if err != nil {
		seed = rand.Uint64()
	}
	t.Logf("CORSAC_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// A server may take any steps in any order: what leads to another policy, or out
// of the base of an upstream, is refused.
func FuzzAgree(f *testing.F) {
	for _, attack := range attacks {
		f.Add([]byte(attack.path[1:]), sequenceOf(attack.steps), uint8(attack.layout))
	}
	r := rand.New(rand.NewPCG(1, 0))
	for i := range 100 {
		path := make([]byte, 1+r.IntN(10))
		for i := range path {
			path[i] = byte(0x80 + r.IntN(0x80)) // a token
		}
		f.Add(path, randomSequence(r), uint8(i))
	}
	f.Fuzz(func(t *testing.T, path, sequence []byte, choice uint8) {
		l := layouts[int(choice)%len(layouts)]
		p := l.asPath(path)
		v := l.verdicts(p)
		if hole := l.hole(p, v, l.walkSteps(p, sequence[:min(len(sequence), maxSteps)])); hole != "" {
			t.Error(hole)
		}
		if _, hole := l.exhaust(p, v, 100); hole != "" {
			t.Error(hole)
		}
	})
}

// FuzzAgree takes long to find paths like these.
func TestAgreeRandom(t *testing.T) {
	t.Parallel()
	const paths, sequences = 3500, 60
	r := random(t)
	var accepted, elsewhere, climbs, holes int
	for range paths {
		l := layouts[r.IntN(len(layouts))]
		path := pathtest.Path(r, l.prefixes())
		for l.match(path) == "" { // which no gateway takes
			path = pathtest.Path(r, l.prefixes())
		}
		v := l.verdicts(path)
		for range sequences {
			w := l.walkSteps(path, randomSequence(r))
			elsewhere += count(w.elsewhere)
			climbs += count(w.climbs)
			accepted += count(!v.free)
			if hole := l.hole(path, v, w); hole != "" && holes < 10 {
				holes++
				t.Error(hole)
			}
		}
	}
	t.Logf("of %d pairs of a path and a sequence of steps, %d lead to another policy, %d climb; %d are of paths that are accepted",
		paths*sequences, elsewhere, climbs, accepted)
	if few := paths * sequences / 100; elsewhere < few || climbs < few || accepted < few {
		t.Errorf("fewer than %d pairs lead to another policy, or climb, or are accepted: the test checks too little", few)
	}
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Whatever steps a server takes with a path that is accepted, in whatever order,
// the result has the policy of the path.
func TestAgreeExhaustive(t *testing.T) {
	t.Parallel()
	const paths = 1500
	r := random(t)
	accepted, reached := 0, 0
	for range paths {
		l := layouts[r.IntN(len(layouts))]
		path := pathtest.Path(r, l.prefixes())
		n, hole := l.exhaust(path, l.verdicts(path), 1000)
		if hole != "" {
			t.Error(hole)
		}
		accepted += min(n, 1)
		reached += n
	}
	t.Logf("%d of %d paths are accepted; steps lead to %d readings of them", accepted, paths, reached)
}

// exhaust takes every step with every reading of an accepted path, until there are
// most readings. It returns their number and the first hole.
func (l *layout) exhaust(path string, v verdicts, most int) (n int, hole string) {
	if v.free {
		return 0, ""
	}
	seen := map[string]bool{path: true}
	for queue := []string{path}; len(queue) > 0 && len(seen) < most; queue = queue[1:] {
		reading := queue[0]
		w := walkResult{reading: reading, elsewhere: l.elsewhere(path, reading), climbs: climbs(reading), steps: []string{"some steps"}}
		if hole := l.hole(path, v, w); hole != "" {
			return len(seen), hole
		}
		for _, step := range serverSteps {
			if next := step.take(reading); !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		}
	}
	return len(seen), ""
}

// The oracle finds the attacks, by their steps and by random ones.
func TestOracle(t *testing.T) {
	t.Parallel()
	r := random(t)
	for _, attack := range attacks {
		l := layouts[attack.layout]
		finds := func(sequence []byte) bool {
			w := l.walkSteps(attack.path, sequence)
			return w.elsewhere || w.climbs
		}
		if !finds(sequenceOf(attack.steps)) {
			t.Errorf("routes %v: %q has the same policy after %q", l, attack.path, attack.steps)
		}
		tries := 1
		for !finds(randomSequence(r)) && tries < 100_000 {
			tries++
		}
		t.Logf("routes %v: %q is found at try %d", l, attack.path, tries)
		if tries == 100_000 {
			t.Errorf("routes %v: no random steps lead %q to another policy", l, attack.path)
		}
	}
}
