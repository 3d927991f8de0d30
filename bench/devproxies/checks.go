//go:build linux

package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// check is a row of the table.
type check struct {
	name string // what is right
	run  func(t *trial) outcome

	strip, crossOrigin bool
	target             func(b *bed) string // nil for the server
	not                []string            // proxies to which it does not apply
}

// outcome is what a proxy does: "" if it is right, or else what it does.
type outcome string

const right outcome = ""

// trial is a proxy that is being checked.
type trial struct {
	setting

	bed     *bed
	address string
	server  *upstream
}

// when returns right, or what is wrong if a condition does not hold.
func when(ok bool, format string, args ...any) outcome {
	if ok {
		return right
	}
	return outcome(fmt.Sprintf(format, args...))
}

// first returns the first outcome that is not right.
func first(outcomes ...outcome) outcome {
	for _, o := range outcomes {
		if o != right {
			return o
		}
	}
	return right
}

// answered is wrong if there is no complete answer.
func (a answer) answered() outcome { return when(a.err == nil, "no answer") }

// has is wrong if the answer does not have a status.
func (a answer) has(status int) outcome {
	return first(a.answered(), when(a.status == status, "%d", a.status))
}

// arrived returns the request that the server got, or what is wrong.
func (t *trial) arrived(a answer) (*received, outcome) {
	seen := t.server.requests()
	switch {
	case len(seen) > 0:
		return seen[0], right
	case a.err != nil:
		return nil, "no answer"
	}
	return nil, outcome(fmt.Sprintf("%d, not forwarded", a.status))
}

// refused is wrong if the server got a request.
func (t *trial) refused(a answer) outcome {
	if len(t.server.requests()) > 0 {
		return "forwarded"
	}
	return first(a.answered(), when(a.status >= 400, "%d", a.status))
}

// allowsPage is wrong if the page of pageOrigin may not read the answer, with
// credentials.
func (a answer) allowsPage() outcome {
	allowed := a.header["Access-Control-Allow-Origin"]
	return first(a.answered(),
		when(len(allowed) > 0, "no CORS headers"),
		when(slices.Equal(allowed, []string{pageOrigin}), "%s", strings.Join(allowed, ", ")),
		when(a.header.Get("Access-Control-Allow-Credentials") == "true", "no credentials"))
}

// allowsNobody is wrong if the answer has an origin that is allowed, other than the
// page's, which no other page can use.
func (a answer) allowsNobody() outcome {
	allowed := a.header.Get("Access-Control-Allow-Origin")
	return first(a.answered(), when(allowed == "" || allowed == pageOrigin, "%s", allowed))
}

// target returns a check that the server gets exactly the path and query.
func target(rest string) func(t *trial) outcome {
	return func(t *trial) outcome {
		r, wrong := t.arrived(t.get(rest))
		return first(wrong, whenGot(r, "/api"+rest))
	}
}

func whenGot(r *received, want string) outcome {
	if r == nil {
		return right
	}
	return when(r.RequestURI == want, "`%s`", r.RequestURI)
}

// results runs all checks on a proxy.
func (b *bed) results(name string) (map[string]string, error) {
	results := map[string]string{}
	for _, c := range checks() {
		if slices.Contains(c.not, name) {
			results[c.name] = "–"
			continue
		}
		o, err := b.try(name, c)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		if o != right && len(results) == 0 {
			return nil, fmt.Errorf("it does not work at all: %s: %s", c.name, o)
		}
		results[c.name] = "✗ " + string(o)
		if o == right {
			results[c.name] = "✓"
		}
	}
	return results, nil
}

// try runs a check on a proxy.
func (b *bed) try(name string, c check) (outcome, error) {
	t := &trial{bed: b, server: b.server, setting: setting{name, b.server.origin, c.strip, c.crossOrigin}}
	if c.target != nil {
		t.setting.target = c.target(b)
	}
	child, err := b.front(t.setting)
	if err != nil {
		return "", err
	}
	t.address = child.Address
	t.server.requests()
	b.six.requests()
	o := c.run(t)
	if o != right {
		time.Sleep(20 * pause) // a process that breaks down needs a moment
	}
	if child.Ended() {
		o = "its process ends"
	}
	return o, nil
}

// alive is wrong if the proxy does not serve any more.
func (t *trial) alive() outcome {
	return when(t.get("/alive").err == nil, "its process ends")
}

// isFromServer is wrong if the answer is not that of the server.
func (a answer) isFromServer() outcome {
	return first(a.has(http.StatusOK), when(a.body == "ok", "another body"))
}
