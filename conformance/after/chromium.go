package after

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/corsac-dev/corsac/conformance/chromium"
)

// Chromium makes a live Chromium load cases, and returns what it did, in the
// same order. Cases that did not end in time are left out.
func Chromium(t testing.TB, s *Site, cases []*Case, patience time.Duration) []Recorded {
	t.Helper()
	ctx := chromium.Start(t, patience)
	batches, err := s.batches(cases)
	if err != nil {
		t.Fatal(err)
	}
	outcomes := map[string]*Outcome{}
	for _, b := range batches {
		if err := loadInChromium(ctx, s, &b, outcomes); err != nil {
			t.Fatal(err)
		}
	}
	return recorded(cases, outcomes)
}

// recorded returns the cases with their outcomes.
func recorded(cases []*Case, outcomes map[string]*Outcome) []Recorded {
	list := make([]Recorded, 0, len(cases))
	for _, c := range cases {
		if o := outcomes[c.ID]; o.Result != "nothing" { // the machine was too slow
			list = append(list, Recorded{c, *o})
		}
	}
	return list
}

// watch is what Chromium reports about a document's requests.
type watch struct {
	site *Site

	mu       sync.Mutex
	urls     map[string]string   // by request ID
	failures map[string]string   // network errors by request ID
	console  map[string][]string // lines by case
}

func loadInChromium(ctx context.Context, s *Site, b *batch, outcomes map[string]*Outcome) error {
	tab, cancel := chromedp.NewContext(ctx)
	defer cancel()
	w := &watch{site: s, urls: map[string]string{}, failures: map[string]string{}, console: map[string][]string{}}
	if err := chromedp.Do(tab, chromedp.Func(func(_ context.Context, t *chromedp.Target) error {
		for method, take := range map[string]func([]byte){
			"Network.requestWillBeSent": w.sent, "Network.loadingFailed": w.failed, "Log.entryAdded": w.said,
		} {
			raw, _ := t.Subscribe(method)
			go func() {
				for params := range raw {
					take(params)
				}
			}()
		}
		return nil
	})); err != nil {
		return err
	}
	if _, err := chromedp.Call(tab, network.Enable, network.EnableParams{}); err != nil {
		return err
	}
	if _, err := chromedp.Call(tab, log.Enable, cdp.Empty{}); err != nil {
		return err
	}
	if err := chromedp.Do(tab, chromedp.Navigate(b.page)); err != nil {
		return err
	}
	raw, err := chromedp.Run(tab, chromedp.Evaluate[[]byte](b.script, chromedp.EvalAwaitPromise))
	if err != nil {
		return err
	}
	var list []Outcome
	if err := json.Unmarshal([]byte(s.fixed.Replace(string(raw))), &list); err != nil {
		return err
	}
	time.Sleep(500 * time.Millisecond) // events come after what the page knows
	w.mu.Lock()
	defer w.mu.Unlock()
	failures := map[string]string{} // by case; the end of a request may be reported before its beginning
	for id, failure := range w.failures {
		failures[s.caseOf(w.urls[id])] = failure
	}
	for i, c := range b.cases {
		list[i].NetError, list[i].Console = failures[c.ID], w.console[c.ID]
		outcomes[c.ID] = &list[i]
	}
	return nil
}

func (w *watch) sent(raw []byte) {
	var p struct {
		RequestID string `json:"requestId"`
		Request   struct {
			URL string `json:"url"`
		} `json:"request"`
	}
	if json.Unmarshal(raw, &p) == nil {
		w.mu.Lock()
		w.urls[p.RequestID] = p.Request.URL
		w.mu.Unlock()
	}
}

func (w *watch) failed(raw []byte) {
	var p struct {
		RequestID string `json:"requestId"`
		ErrorText string `json:"errorText"`
	}
	if json.Unmarshal(raw, &p) == nil {
		w.mu.Lock()
		w.failures[p.RequestID] = p.ErrorText
		w.mu.Unlock()
	}
}

func (w *watch) said(raw []byte) {
	var p struct {
		Entry struct {
			Text string `json:"text"`
			URL  string `json:"url"`
		} `json:"entry"`
	}
	if json.Unmarshal(raw, &p) != nil {
		return
	}
	id := w.site.caseOf(p.Entry.URL)
	if id == "" {
		id = w.site.caseOf(p.Entry.Text)
	}
	w.mu.Lock()
	w.console[id] = append(w.console[id], w.site.fixed.Replace(p.Entry.Text))
	w.mu.Unlock()
}
