package after

import (
	"testing"
	"time"

	"github.com/corsac-dev/corsac/conformance/firefox"
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
	if err := b.Listen(); err != nil {
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
	messages, err := b.Messages()
	if err != nil {
		return err
	}
	for _, m := range messages {
		id := s.caseOf(m.Text)
		if id == "" {
			id = s.caseOf(m.Source)
		}
		if o := outcomes[id]; o != nil {
			o.Console = append(o.Console, s.fixed.Replace(m.Text))
		}
	}
	return nil
}
