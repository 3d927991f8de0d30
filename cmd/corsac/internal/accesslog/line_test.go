package accesslog

import (
	"strconv"
	"testing"
	"time"
)

// TestNumbers checks that times and durations are those of the standard library.
func TestNumbers(t *testing.T) {
	var s stamps
	for _, text := range []string{
		"1970-01-01T00:00:00.000Z", "2026-02-28T23:59:59.999Z", "2026-02-28T23:59:59.010Z", "2026-03-01T00:00:00.000Z", "2026-03-01T00:00:00.100Z",
	} {
		at, err := time.Parse(time.RFC3339Nano, text)
		if got := s.append(nil, at.In(time.FixedZone("", 3600)).Add(999*time.Microsecond)); err != nil || string(got) != text {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
	for _, d := range []time.Duration{0, 1, 499, 500, 1499, time.Microsecond, time.Millisecond, time.Second - 1, time.Second, 90*time.Second + 123456789, 1e15} {
		want := `,"x":` + strconv.FormatFloat(d.Round(time.Microsecond).Seconds(), 'f', 6, 64)
		if got := appendSeconds(nil, "x", d); string(got) != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}
