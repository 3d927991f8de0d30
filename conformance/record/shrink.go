package record

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/conformance"
)

const (
	shrinkRounds = 12
	shrinkWidth  = 40 // how many cuts are tried at once
)

// Shrink makes a case smaller while wrong reports true about what the browser
// does with it. It removes steps, headers and members of requests, tries many
// cuts at once, and continues with the first that works.
func (r *Recorder) Shrink(c *conformance.Case, wrong func(*conformance.Recorded) bool) (*conformance.Case, error) {
	best := c
	for round := range shrinkRounds {
		var smaller []*conformance.Case
		for i, cut := range cuts(best) {
			if i == shrinkWidth {
				break
			}
			s, err := copyCase(best, fmt.Sprintf("%s-s%d.%d", c.ID, round, i))
			if err != nil {
				return nil, err
			}
			cut(s)
			smaller = append(smaller, s)
		}
		recorded, err := r.Record(smaller)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(recorded, func(r conformance.Recorded) bool { return wrong(&r) })
		if i < 0 {
			break
		}
		best = recorded[i].Case
	}
	return copyCase(best, c.ID)
}

// copyCase copies a case under another ID, which is part of its URLs.
func copyCase(c *conformance.Case, id string) (*conformance.Case, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	out := &conformance.Case{}
	if err := json.Unmarshal([]byte(strings.ReplaceAll(string(text), "/c/"+c.ID+"/", "/c/"+id+"/")), out); err != nil {
		return nil, err
	}
	out.ID = id
	return out, nil
}

// cuts returns the ways to make a case smaller, the largest first.
func cuts(c *conformance.Case) (list []func(*conformance.Case)) {
	for i := range c.Steps {
		if len(c.Steps) > 1 {
			list = append(list, func(c *conformance.Case) {
				if i == 0 && c.Steps[1].Hops == nil {
					c.Steps[1].Hops = c.Steps[0].Hops
				}
				c.Steps = slices.Delete(c.Steps, i, i+1)
			})
		}
		if c.Steps[i].Hops != nil {
			list = append(list, func(c *conformance.Case) { c.Steps[i].Hops = nil })
		}
		list = append(list, requestCuts(i, &c.Steps[i].Request)...)
		list = append(list, hopCuts(c.Steps[i].Hops, func(c *conformance.Case) []hop { return c.Steps[i].Hops })...)
	}
	return append(list, hopCuts(c.Hops, func(c *conformance.Case) []hop { return c.Hops })...)
}

// requestCuts returns the cuts of the request of step i.
func requestCuts(i int, q *conformance.Request) (list []func(*conformance.Case)) {
	cut := func(there bool, f func(q *conformance.Request)) {
		if there {
			list = append(list, func(c *conformance.Case) { f(&c.Steps[i].Request) })
		}
	}
	cut(q.Body != nil, func(q *conformance.Request) { q.Body = nil })
	cut(q.Mode != "", func(q *conformance.Request) { q.Mode = "" })
	cut(q.Credentials != "", func(q *conformance.Request) { q.Credentials = "" })
	cut(q.Redirect != "", func(q *conformance.Request) { q.Redirect = "" })
	cut(q.Cache != "", func(q *conformance.Request) { q.Cache = "" })
	cut(q.ReferrerPolicy != "", func(q *conformance.Request) { q.ReferrerPolicy = "" })
	cut(q.UploadListener, func(q *conformance.Request) { q.UploadListener = false })
	cut(q.API == "xhr", func(q *conformance.Request) { q.API = "fetch" })
	cut(q.Method != nil && q.Body == nil, func(q *conformance.Request) { q.Method = nil })
	for k := range q.Headers {
		cut(true, func(q *conformance.Request) { q.Headers = slices.Delete(q.Headers, k, k+1) })
	}
	return list
}

// hopCuts returns cuts that remove responses and their headers.
func hopCuts(hops []hop, of func(*conformance.Case) []hop) (list []func(*conformance.Case)) {
	for k := range hops {
		if hops[k].Preflight != nil {
			list = append(list, func(c *conformance.Case) { of(c)[k].Preflight = nil })
		}
		for _, answer := range []func(*hop) *resp{
			func(h *hop) *resp { return h.Actual }, func(h *hop) *resp { return h.Preflight },
		} {
			r := answer(&hops[k])
			if r == nil {
				continue
			}
			for n := range r.Headers {
				list = append(list, func(c *conformance.Case) {
					a := answer(&of(c)[k])
					a.Headers = slices.Delete(a.Headers, n, n+1)
				})
			}
		}
	}
	return list
}
