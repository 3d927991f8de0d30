package after

import (
	"testing"
	"time"

	"github.com/corsac-dev/corsac/conformance/firefox"
)

// consoleJS collects Firefox's console from now on, and nextJS returns what it
// has and forgets it.
const (
	consoleJS = `const w = Services.wm.getMostRecentWindow(null);
w.corsacLines = [];
w.corsacListener = {
  observe(m) { w.corsacLines.push([m instanceof Ci.nsIScriptError ? m.errorMessage : m.message, m.sourceName || ""]); },
  QueryInterface: ChromeUtils.generateQI(["nsIConsoleListener"]),
};
Services.console.registerListener(w.corsacListener);
return true;`
	nextJS = `const w = Services.wm.getMostRecentWindow(null);
return w.corsacLines.splice(0);`
)

// Firefox makes a live Firefox load cases, and returns what it did, in the same
// order. Cases that did not end in time are left out.
func Firefox(t testing.TB, s *Site, cases []*Case, patience time.Duration) []Recorded {
	t.Helper()
	b := firefox.Start(t, patience, "")
	batches, err := s.batches(cases)
	if err != nil {
		t.Fatal(err)
	}
	outcomes := map[string]*Outcome{}
	var listening bool
	if err := b.Await(firefox.Chrome, consoleJS, &listening); err != nil {
		t.Fatal(err)
	}
	for i := range batches {
		if err := loadInFirefox(b, s, &batches[i], outcomes); err != nil {
			t.Fatal(err)
		}
	}
	return recorded(cases, outcomes)
}

func loadInFirefox(b *firefox.Browser, s *Site, some *batch, outcomes map[string]*Outcome) error {
	if err := b.Navigate(some.page); err != nil {
		return err
	}
	var list []Outcome
	if err := b.Await(firefox.Content, "return "+some.script, &list); err != nil {
		return err
	}
	for i, c := range some.cases {
		outcomes[c.ID] = &list[i]
		list[i].Exception = s.fixed.Replace(list[i].Exception)
	}
	var lines [][2]string
	if err := b.Await(firefox.Chrome, nextJS, &lines); err != nil {
		return err
	}
	for _, l := range lines {
		id := s.caseOf(l[0])
		if id == "" {
			id = s.caseOf(l[1])
		}
		if o := outcomes[id]; o != nil {
			o.Console = append(o.Console, s.fixed.Replace(l[0]))
		}
	}
	return nil
}
