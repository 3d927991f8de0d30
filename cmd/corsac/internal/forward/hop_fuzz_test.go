package forward

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var idOnly = regexp.MustCompile(`^[ \t]*([A-Z2-7]{26,32})[ \t]*$`)

// FuzzHops compares what a gateway passes on of a header with what a regular
// expression finds in it.
func FuzzHops(f *testing.F) {
	id := strings.Repeat("A", 26)
	for _, line := range []string{"", ",", id, id + ",x, " + id, "\t" + id + " ;", strings.Repeat(id+",", 17), id + "AAAAAA", id + "AAAAAAA"} {
		f.Add(line, id)
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		in := http.Header{hopHeader: {first, second}}
		var want []string
		for _, element := range strings.Split(first+","+second, ",") {
			if m := idOnly.FindStringSubmatch(element); m != nil {
				want = append(want, m[1])
			}
		}
		want = want[:min(len(want), maxHops)]
		h := NewHops()
		out := http.Header{hopHeader: {h.add(in)}}
		if !slices.Equal(strings.Split(out.Get(hopHeader), ", "), append(want, h.own)) {
			t.Errorf("%q: %q", in, out)
		}
		if h.IsLoop(in) != (len(want) == maxHops) || !h.IsLoop(out) {
			t.Errorf("%q: loop %t, then %t", in, h.IsLoop(in), h.IsLoop(out))
		}
	})
}
