package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/url"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/explain"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

const home = "https://github.com/corsac-dev/corsac"

// sarifForm writes SARIF 2.1.0. Each cause is a rule, and each finding a result at
// its file, or else at its URL. A URL is a logical location: it names no file that
// a viewer could open.
func sarifForm(w io.Writer, d *Document) error {
	run := sarif.NewRunWithInformationURI("corsac", home)
	run.Tool.Driver.WithVersion(d.Version)
	for c, f := range d.all {
		rule := run.AddRule(d.name(c, f))
		if rule.ShortDescription == nil {
			rule.WithShortDescription(sarif.NewMultiformatMessageString().WithText(clean(f.Title))).WithHelpURI(helpFor(d.Command, f.Cause))
		}
		run.AddResult(sarifResult(d.name(c, f), c, f))
	}
	report := sarif.NewReport()
	report.AddRun(run)
	return report.PrettyWrite(w)
}

// guides are the pages of the guide about what a command finds, where they are not
// named after the command.
var guides = map[string]string{"corsac validate": "gateway"}

// helpFor is the page about a cause, or about the command that found something
// else.
func helpFor(command, slug string) string {
	if e, known := explain.Lookup(slug); known {
		return finding.Guide + "causes.md#" + url.PathEscape(e.Slug)
	}
	return finding.Guide + cmp.Or(guides[command], strings.TrimPrefix(command, "corsac ")) + ".md"
}

func sarifResult(name string, c *finding.Case, f *finding.Finding) *sarif.Result {
	place, location := place(c, f), sarif.NewLocation()
	if p := f.Place; p != nil && p.File != "" {
		location.WithPhysicalLocation(sarifFile(p))
	} else {
		location.AddLogicalLocation(sarif.NewLogicalLocation().WithFullyQualifiedName(place).WithKind("resource"))
	}
	return sarif.NewRuleResult(name).
		WithLevel(string(f.Severity)).
		WithMessage(sarif.NewMessage().WithText(clean(c.Name + ": " + prose(f))).WithMarkdown(markdownOf(f))).
		WithLocations([]*sarif.Location{location}).
		WithPartialFingerprints(map[string]string{"corsac/v1": fingerprint(c, f, place)})
}

// sarifFile is a place in a file.
func sarifFile(p *finding.Place) *sarif.PhysicalLocation {
	location := sarif.NewPhysicalLocation().WithArtifactLocation(sarif.NewArtifactLocation().WithURI(uriReference(p.File)))
	if p.Line > 0 {
		region := sarif.NewRegion().WithStartLine(p.Line)
		if p.Column > 0 {
			region.WithStartColumn(p.Column)
		}
		location.WithRegion(region)
	}
	return location
}

// place names the file or the URL of a finding, or else what its case is about.
func place(c *finding.Case, f *finding.Finding) string {
	p := f.Place
	switch {
	case p != nil && p.File != "":
		return uriReference(p.File)
	case p != nil && p.URL != "":
		return uriReference(p.URL)
	case strings.Contains(c.Group, "://"):
		return uriReference(c.Group)
	}
	return clean(c.Group)
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
