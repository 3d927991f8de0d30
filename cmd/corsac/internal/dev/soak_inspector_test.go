package dev_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// watcher does what the inspector's page does while it is open.
type watcher struct {
	*soaking

	client *http.Client
	token  string
	newest atomic.Uint64 // ID of a request
}

// listing is what the watcher reads of the list, and of a change of it.
type listing struct {
	Rows []struct {
		ID uint64 `json:"id"`
	} `json:"rows"`
	Next string `json:"next"`
}

var pageToken = regexp.MustCompile(`name="corsac-token" content="([^"]+)"`)

// run opens the page and follows the list until the time is over. Each second, it looks
// at the newest request and at the policy.
func (w *watcher) run(ctx context.Context) {
	found := pageToken.FindStringSubmatch(w.ask(ctx, ""))
	if found == nil {
		w.Error("the inspector's page has no token")
		return
	}
	w.token = found[1]
	var wait sync.WaitGroup
	defer wait.Wait()
	wait.Go(func() { w.look(ctx) })
	for ctx.Err() == nil {
		var all listing
		if err := json.Unmarshal([]byte(w.ask(ctx, "api/list")), &all); err != nil && ctx.Err() == nil {
			w.Errorf("the inspector's list: %v", err)
		}
		w.show(all)
		w.follow(ctx, all.Next)
	}
}

// show counts rows.
func (w *watcher) show(change listing) {
	for _, row := range change.Rows {
		w.newest.Store(row.ID)
		w.done[3].Add(1)
	}
}

// look asks for the newest request and for the policy.
func (w *watcher) look(ctx context.Context) {
	for ctx.Err() == nil {
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return
		}
		for _, path := range []string{fmt.Sprintf("api/exchange/%d", w.newest.Load()), "api/policy"} {
			if got := w.ask(ctx, path); ctx.Err() == nil && (!strings.HasPrefix(got, "{") || strings.HasPrefix(got, `{"error"`)) {
				w.Errorf("the inspector's %s: %.200s", path, got)
			}
		}
	}
}

// follow shows what changes, until the inspector ends the stream or the time is over.
func (w *watcher) follow(ctx context.Context, last string) {
	res := w.get(ctx, "api/events", last)
	if res == nil {
		return
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var change listing
		if err := json.Unmarshal([]byte(data), &change); err != nil {
			w.Errorf("an event of the inspector: %v", err)
		}
		w.show(change)
	}
}

// ask returns the answer of the inspector.
func (w *watcher) ask(ctx context.Context, path string) string {
	res := w.get(ctx, path, "")
	if res == nil {
		return ""
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	return string(text)
}

// get sends a request to the inspector. It returns nil once the time is over.
func (w *watcher) get(ctx context.Context, path, last string) *http.Response {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+"/__corsac/"+path, nil)
	if err != nil {
		w.Error(err)
		return nil
	}
	r.Header.Set("X-Corsac-Token", w.token)
	r.Header.Set("Last-Event-ID", last)
	res, err := w.client.Do(r)
	if err != nil {
		if ctx.Err() == nil {
			w.Errorf("the inspector's %s: %v", path, err)
		}
		return nil
	}
	return res
}
