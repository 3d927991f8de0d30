package record

import (
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/conformance"
)

// TestLateLines checks that a case is incomplete until the console line has arrived that
// Chromium always prints.
func TestLateLines(t *testing.T) {
	for _, reason := range []string{
		`"errorText":"net::ERR_FAILED","corsErrorStatus":{"corsError":"MissingAllowOriginHeader"}`,
		`"errorText":"","blockedReason":"mixed-content"`,
	} {
		e := newEvents(ports{fixed: strings.NewReplacer()}, func() {})
		e.requestWillBeSent([]byte(`{"requestId":"1","type":"Fetch","request":{"url":"http://api.test/c/x/0"}}`))
		e.loadingFailed([]byte(`{"requestId":"1",` + reason + `}`))
		c, steps := &conformance.Case{ID: "x"}, []conformance.StepOutcome{{Result: "blocked"}}
		if e.complete(c, steps) {
			t.Errorf("%s: complete without its line", reason)
		}
		e.entryAdded([]byte(`{"entry":{"level":"error","text":"said of http://api.test/c/x/0"}}`))
		if !e.complete(c, steps) || len(steps[0].Console) != 1 {
			t.Errorf("%s: incomplete: %+v", reason, steps)
		}
	}
}
