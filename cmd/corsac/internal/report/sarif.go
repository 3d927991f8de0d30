package report

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/url"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/diagnose"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

const home = "https://github.com/corsac-dev/corsac"

// sarifForm writes SARIF 2.1.0. Each cause is a rule, and each finding a result
// at its file, or else at its URL.
func sarifForm(w io.Writer, d *Document) error {
	run := sarif.NewRunWithInformationURI("corsac", home)
	run.Tool.Driver.WithVersion(d.Version)
	for c, f := range d.all {
		rule := run.AddRule(f.Cause)
		if rule.ShortDescription == nil {
			rule.WithShortDescription(sarif.NewMultiformatMessageString().WithText(clean(f.Title))).WithHelpURI(helpFor(f.Cause))
		}
		run.AddResult(sarifResult(c, f))
	}
	report := sarif.NewReport()
	report.AddRun(run)
	return report.PrettyWrite(w)
}

// helpFor is the page about a cause, or about what commands find besides.
func helpFor(slug string) string {
	if diagnose.Lookup(slug) == nil {
		return finding.Guide + "verify.md"
	}
	return finding.Guide + "causes.md#" + url.PathEscape(slug)
}

func sarifResult(c *finding.Case, f *finding.Finding) *sarif.Result {
	uri := c.Group
	location := sarif.NewPhysicalLocation()
	if p := f.Place; p != nil && p.File != "" {
		uri = p.File
		if p.Line > 0 {
			region := sarif.NewRegion().WithStartLine(p.Line)
			if p.Column > 0 {
				region.WithStartColumn(p.Column)
			}
			location.WithRegion(region)
		}
	} else if p != nil && p.URL != "" {
		uri = p.URL
	}
	location.WithArtifactLocation(sarif.NewArtifactLocation().WithURI(uriReference(uri)))
	return sarif.NewRuleResult(f.Cause).
		WithLevel(string(finding.Level(f.Severity))).
		WithMessage(sarif.NewMessage().WithText(clean(c.Name + ": " + prose(f))).WithMarkdown(markdownOf(f))).
		WithLocations([]*sarif.Location{sarif.NewLocationWithPhysicalLocation(location)}).
		WithPartialFingerprints(map[string]string{"corsac/v1": fingerprint(c, f, uri)})
}

// fingerprint identifies a finding from one run to the next.
func fingerprint(c *finding.Case, f *finding.Finding, uri string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{f.Cause, uri, c.Name}, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// uriReference returns a file name or URL as a valid URI reference without a
// password.
func uriReference(s string) string {
	if u, err := url.Parse(s); err == nil && u.Scheme != "" && u.Host != "" {
		u.User = nil
		return u.String()
	}
	return (&url.URL{Path: strings.ReplaceAll(s, `\`, "/")}).String()
}

// clean makes text of several lines printable.
func clean(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = verdict.Printable(lines[i])
	}
	return strings.Join(lines, "\n")
}
