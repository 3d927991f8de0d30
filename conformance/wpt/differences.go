package wpt

import (
	"fmt"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

// Difference is why a profile does not do what some cases of a file assert.
type Difference struct {
	Profile fetch.Profile
	File    string
	// About are the cases of the file whose names contain one of them.
	About []string
	Why   string
	// Shown is what shows that the browser does not do it either, or that the
	// standard does not require it.
	Shown string
	// Cases is how many there are, once they have been measured.
	Cases int
}

// Differences returns all of them.
func Differences() (all []*Difference) {
	add := func(file, why, shown string, about []string, profiles ...fetch.Profile) {
		for _, p := range profiles {
			all = append(all, &Difference{Profile: p, File: file, About: about, Why: why, Shown: shown})
		}
	}
	const (
		preflights = "fetch/api/cors/"
		redirected = "fetch/api/redirect/"
		images     = "fetch/orb/tentative/img-mime-types-coverage.tentative.sub.html"
		live       = "a live run of Chromium 156 and Firefox 153 on 2026-11-29"
	)
	browsers := []fetch.Profile{fetch.Chromium, fetch.Firefox}
	for _, tt := range [][2]string{{"cors-preflight.any.js", "allowed: *"}, {"cors-preflight-star.any.js", `POST [{Authorization 123}], allowed "*" and "*"`}} {
		add(preflights+tt[0], "`*` also covers Authorization", "recording acah-0164", tt[1:], browsers...)
	}
	late, after := "a request that had a preflight may be redirected; the test asserts an older rule", []string{"after the preflight"}
	add(preflights+"cors-preflight-redirect.any.js", late, "https://fetch.spec.whatwg.org/#http-redirect-fetch", after, fetch.Standard)
	add(preflights+"cors-preflight-redirect.any.js", late, "recording redirect-0057", after, browsers...)
	add(redirected+"redirect-empty-location.any.js", "an empty Location does not redirect", live, []string{"follow"}, fetch.Chromium)
	same := " from " + own + " to " + own
	posts, posted := []string{"POST, 307" + same, "POST, 308" + same}, "POST to the page's own origin has an Origin, after a redirect, too"
	add(redirected+"redirect-origin.any.js", posted, "https://fetch.spec.whatwg.org/#append-a-request-origin-header", posts, fetch.Standard)
	add(redirected+"redirect-origin.any.js", posted, "recording redirect-0204", posts, browsers...)
	loaded := []string{`"application/dash+xml"`, `"application/vnd.apple.mpegurl"`, `"audio/mpegurl"`, `"text/vtt"`}
	add(images, "these four types are not blocked", live, loaded, browsers...)
	var blocked []string
	for _, c := range Cases() {
		if c.File == images && c.Checks[0].Want == "error" {
			blocked = append(blocked, c.Name)
		}
	}
	add(images, "opaque response blocking is not part of the standard yet", "https://fetch.spec.whatwg.org/", blocked, fetch.Standard)
	return all
}

// explains reports whether a difference is about a case.
func (d *Difference) explains(p fetch.Profile, c *Case) bool {
	return d.Profile == p && d.File == c.File && slices.ContainsFunc(d.About, func(part string) bool { return strings.Contains(c.Name, part) })
}

// Row is how many cases of a file agree, by profile.
type Row struct {
	Source *Source
	Cases  int
	Agrees map[fetch.Profile]int
}

// Profiles are those with which the cases run.
var Profiles = []fetch.Profile{fetch.Standard, fetch.Chromium, fetch.Firefox}

// Measure runs all cases. It returns the rows in the order of the files, the
// differences with their numbers of cases, and what no difference explains.
func Measure() (rows []*Row, differences []*Difference, unexplained []string, err error) {
	differences = Differences()
	for _, s := range Sources() {
		row := &Row{Source: s, Agrees: map[fetch.Profile]int{}}
		rows = append(rows, row)
		f := file{path: s.File}
		s.fill(&f)
		row.Cases = len(f.cases)
		for _, c := range f.cases {
			for _, p := range Profiles {
				failed, got, err := c.See(p)
				if err != nil {
					return nil, nil, nil, err
				}
				if failed == nil {
					row.Agrees[p]++
				} else if !explained(differences, p, c) {
					unexplained = append(unexplained, fmt.Sprintf("%s, %s, %s: %s is %q, want %q", p, c.File, c.Name, failed.Look, got, failed.Want))
				}
			}
		}
	}
	return rows, differences, unexplained, nil
}

// explained reports whether a difference explains a case, and counts it there.
func explained(differences []*Difference, p fetch.Profile, c *Case) bool {
	for _, d := range differences {
		if d.explains(p, c) {
			d.Cases++
			return true
		}
	}
	return false
}
