package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/har"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/fetch"
)

// harResult is what a browser does in a conversation of a HAR file, or why that cannot be said.
type harResult struct {
	Entry   int    `json:"entry"`
	Failure string `json:"failure,omitempty"`
	URL     string `json:"url,omitempty"` // with Failure, of which there is no request
	Method  string `json:"method,omitempty"`
	*report.Verdict

	conversation *har.Conversation
}

// checkHAR decides the cross-origin conversations of a HAR file.
func (a *app) checkHAR(ctx context.Context, f *checkFlags) error {
	log, err := a.readHAR(f.har)
	if err != nil {
		return err
	}
	if !f.profileGiven {
		f.profile = log.Profile().String()
	}
	conversations, others := log.Conversations(f.origin)
	counts := map[fetch.Result]int{}
	unknown, failed, gap := 0, false, true
	encoder := json.NewEncoder(a.Out)
	encoder.SetEscapeHTML(false)
	for _, c := range conversations {
		if ctx.Err() != nil {
			return told(ExitBroken)
		}
		r := f.decide(c)
		if r.Verdict == nil {
			unknown++
		} else {
			counts[worstOf(r.Verdict)]++
			failed = failed || isFailure(r.Verdict)
		}
		if !f.json {
			gap = a.printConversation(f, r, gap)
		} else if err := encoder.Encode(r); err != nil {
			return err
		}
	}
	to := *a
	if !f.json { // a report that is kept has its summary
		to.Err, to.err = a.Out, a.out
	}
	to.summarizeHAR(len(conversations), counts, unknown, others)
	switch {
	case failed:
		return told(ExitFailed)
	case unknown > 0 && unknown == len(conversations):
		return told(ExitBroken)
	}
	return nil
}

func (a *app) readHAR(name string) (*har.Log, error) {
	in := a.In
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, &problem{status: ExitUsage, err: err}
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	log, err := har.Read(in)
	system := (*fs.PathError)(nil)
	switch {
	case errors.As(err, &system):
		return nil, &problem{status: ExitUsage, err: err}
	case err != nil:
		return nil, &problem{
			status: ExitUsage, err: fmt.Errorf("%s is no HAR file: %w", name, err), hint: `in the network panel of the browser, choose "Save all as HAR"`,
		}
	}
	return log, nil
}

// decide says what the browsers do in a conversation.
func (f *checkFlags) decide(c *har.Conversation) *harResult {
	r := &harResult{Entry: c.Entry.Number, conversation: c}
	page, err := fetch.NewPage(c.Page)
	switch {
	case c.Unknown != "":
		return r.unknown(c.Unknown)
	case err != nil:
		return r.unknown(err.Error())
	}
	f.judge(r, page)
	if e := r.Outcome.Error; e != nil && errors.Is(e, fetch.ErrNotRecorded) {
		return r.unknown("the request, or what it was redirected to, is not in the file")
	}
	if isFailure(r.Verdict) || c.Failure != failedByBrowser {
		return r
	}
	if c.Request.Credentials == "" { // files leave cookies out
		assumed := *c.Request
		assumed.Credentials = fetch.CredentialsInclude
		with := &harResult{Entry: r.Entry, conversation: &har.Conversation{
			Request: &assumed, Recording: c.Recording, Notes: append(slices.Clip(c.Notes), "it is taken for a request with credentials: the file has no cookies of it, but says that the browser blocked it"),
		}}
		if f.judge(with, page); isFailure(with.Verdict) {
			return with
		}
	}
	r.Notes = append(r.Notes, "the file says that the browser blocked it, for a reason that is none of CORS, or not in the file")
	return r
}

// unknown makes it a result without a verdict.
func (r *harResult) unknown(why string) *harResult {
	e := r.conversation.Entry
	r.Verdict, r.Failure, r.URL, r.Method = nil, why, e.URL, e.Method
	return r
}

// failedByBrowser is what Chromium says of a request that it blocked itself.
const failedByBrowser = "net::ERR_FAILED"

// judge asks each browser.
func (f *checkFlags) judge(r *harResult, page *fetch.Page) {
	for _, p := range f.profiles() {
		b := fetch.New(fetch.Config{Profile: p, Trace: f.explain})
		v := report.NewVerdict(b.Replay(page, r.conversation.Request, &r.conversation.Recording), f.readHeaders)
		v.Notes = append(v.Notes, r.conversation.Notes...)
		if slices.ContainsFunc(v.Outcome.Wire, func(w fetch.Recorded) bool { return w.Assumed }) {
			v.Notes = append(v.Notes, "a preflight is not in the file; it is taken for one that allowed the request")
		}
		if r.Verdict == nil {
			r.Verdict = v
		} else {
			r.Add(v)
		}
	}
}

// printConversation prints a line, and the whole verdict of what is blocked, with a gap around it. gap
// tells whether there is one.
func (a *app) printConversation(f *checkFlags, r *harResult, gap bool) bool {
	text := a.text()
	number := a.out.faint(fmt.Sprintf("%4d ", r.Entry))
	switch {
	case r.Verdict == nil:
		e := r.conversation.Entry
		text.Paragraph(number+a.out.notice("? unknown: "), fmt.Sprintf("%s %s from %s: %s", e.Method, e.URL, r.conversation.Page.Origin, r.Failure))
	case isFailure(r.Verdict) || f.explain:
		if !gap {
			fmt.Fprintln(a.Out)
		}
		fmt.Fprintln(a.Out, a.out.strong(fmt.Sprintf("Entry %d", r.Entry)))
		a.printText(f, r.Verdict)
		fmt.Fprintln(a.Out)
		return true
	default:
		text.HeadlineOfAll(number, r.Verdict)
	}
	return false
}

// summarizeHAR says on Err what there was in the file.
func (a *app) summarizeHAR(n int, counts map[fetch.Result]int, unknown int, others har.Counts) {
	a.summary(fmt.Sprintf("%d cross-origin requests", n), counts, unknown, "unknown")
	var words []string
	for _, c := range []struct {
		n    int
		word string
	}{
		{others.SameOrigin, "of the page's own origin"},
		{others.Documents, "for documents"},
		{others.Local, "on no network"},
		{others.NoPage, "of an unknown page (--origin says which)"},
	} {
		if c.n > 0 {
			words = append(words, fmt.Sprintf("%d %s", c.n, c.word))
		}
	}
	if len(words) > 0 {
		fmt.Fprintln(a.Err, a.err.faint("not judged: "+strings.Join(words, ", ")))
	}
}
