package check

import (
	"errors"
	"slices"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/har"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// failedByBrowser is Chromium's error for a request that it blocked itself.
const failedByBrowser = string(fetch.CodeFailed)

// Replay decides about a recorded request. If there is no verdict, unknown says
// why.
func (c *Checker) Replay(x *har.Conversation, readHeaders []string) (v *verdict.Verdict, unknown string) {
	page, err := fetch.NewPage(x.Page)
	switch {
	case x.Unknown != "":
		return nil, x.Unknown
	case err != nil:
		return nil, err.Error()
	}
	r := replay{c, x, page, readHeaders}
	v, complete := r.decide(x.Request, x.Notes)
	if !complete {
		return nil, "the request, or what it was redirected to, is not in the file"
	}
	switch {
	case x.Failure == "", v.Failed() != nil && v.Result != fetch.Failed:
		return v, ""
	case v.Failed() == nil && x.Failure == string(fetch.CodeAborted):
		return v, "" // script has the response, and nobody reads its body
	case v.Failed() != nil:
		return hinted(v, x.Failure), ""
	}
	if x.Failure == failedByBrowser && x.Request.Credentials == "" { // files often omit cookies
		assumed := *x.Request
		assumed.Credentials = fetch.CredentialsInclude
		with, _ := r.decide(&assumed, append(slices.Clip(x.Notes),
			"assumed to have credentials: the file has no cookies for it, but says that the browser blocked it"))
		if with.Failed() != nil {
			return with, ""
		}
	}
	failed := *x // nothing in the file explains it, so it fails as the file says
	failed.Recording.Exchanges = slices.Clone(x.Recording.Exchanges)
	last := &failed.Recording.Exchanges[len(failed.Recording.Exchanges)-1]
	last.Status, last.ResponseHeaders, last.Received, last.Err = 0, nil, nil, har.FailureError(x.Failure)
	r.exchange = &failed
	v, _ = r.decide(x.Request, append(slices.Clip(x.Notes),
		"the file says that the request failed, but for a reason that is not CORS or not in the file"))
	return hinted(v, x.Failure), ""
}

// hinted adds a note on what the name of a failure may stand for.
func hinted(v *verdict.Verdict, failure string) *verdict.Verdict {
	if hint := har.FailureHint(failure); hint != "" {
		v.Notes = append(slices.Clip(v.Notes), hint)
	}
	return v
}

// replay is a recording for each browser to decide about.
type replay struct {
	checker     *Checker
	exchange    *har.Conversation
	page        *fetch.Page
	readHeaders []string
}

// decide asks each browser. complete is false if the first would have sent a
// request that was not recorded.
func (r *replay) decide(request *fetch.Request, notes []string) (v *verdict.Verdict, complete bool) {
	var verdicts []*verdict.Verdict
	complete = true
	for i, p := range r.checker.Profiles {
		o := fetch.New(fetch.Config{Profile: p, Trace: r.checker.Explain}).Replay(r.page, request, &r.exchange.Recording)
		if i == 0 && o.Error != nil && errors.Is(o.Error, fetch.ErrNotRecorded) {
			complete = false
		}
		notes := slices.Clip(notes)
		if slices.ContainsFunc(o.Wire, func(w fetch.Recorded) bool { return w.Assumed }) {
			notes = append(notes, "a preflight is not in the file; it is assumed to have allowed the request")
		}
		verdicts = append(verdicts, verdict.Of(o, verdict.Facts{ReadHeaders: r.readHeaders, Notes: notes}))
	}
	v = verdict.Join(verdicts)
	cause.Annotate(v)
	return v, complete
}
