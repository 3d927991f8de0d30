package demo

import (
	"errors"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// explanation says why a browser blocks a call. It is empty if the browser does
// not.
type explanation struct {
	// Console is the browser's console message.
	Console string `json:"console,omitempty"`
	// Cause is the root cause; nil if it is unknown.
	Cause *verdict.Finding `json:"cause,omitempty"`
}

// explainer decides what browsers do with the calls of the page.
type explainer struct {
	page  *fetch.Page
	bases map[string]string // the origins of the recorded servers, by name
}

// explain decides a call to a server from what that server recorded. The
// explanation is empty if the recording lacks a request that the browser sends.
func (e *explainer) explain(p fetch.Profile, c *call, server, run string, recorded []fetch.Recorded) explanation {
	request := c.request(e.bases[server], run)
	outcome := fetch.New(fetch.Config{Profile: p}).Replay(e.page, request, &fetch.Recording{Exchanges: recorded})
	if outcome.Error == nil || errors.Is(outcome.Error, fetch.ErrNotRecorded) {
		return explanation{}
	}
	v := verdict.Of(outcome, verdict.Facts{})
	found := explanation{Console: v.Console()}
	if causes := cause.Find(v); len(causes) > 0 {
		found.Cause = &causes[0]
	}
	return found
}

// sample explains a call that the API answers directly as it usually does. It
// has about the length of the real explanation.
func (e *explainer) sample(p fetch.Profile, c *call, run string) explanation {
	return e.explain(p, c, apiServer, run, []fetch.Recorded{{Status: c.DirectStatus}})
}

// browserOf returns the browser that sends a User-Agent header, Chromium if in
// doubt. On iOS, all browsers are Safari.
func browserOf(userAgent string) fetch.Profile {
	has := func(name string) bool { return strings.Contains(userAgent, name) }
	switch {
	case has("Firefox/"):
		return fetch.Firefox
	case has("Safari/") && !has("Chrome/") && !has("Chromium/"):
		return fetch.Safari
	}
	return fetch.Chromium
}
