package stacks

import (
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/shell"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "azure-storage", Aliases: []string{"azure-blob"}, Title: "Azure Storage", Layer: Storage,
	Holds: Preflights | Quiet,
	Why:   "The rules belong to a service (blob, file, queue or table) and compare whole origins, at most 64 of them. There is no switch for credentials: requests are authorized by a token in the URL or a header.",
	Signs: []Sign{
		header(finding.Certain, "Server", "Windows-Azure-Blob"),
		hasHeader(finding.Likely, "X-Ms-Version"),
		body(finding.Certain, "<Code>CorsPreflightFailure</Code>"),
		host(".core.windows.net"),
	},
	Projects: []Project{{File: "*.bicep", Contains: "Microsoft.Storage/storageAccounts", Sure: finding.Likely}},
	Source:   azureStorageSource,
	Snippet:  azureStorageSnippet,
	Advice:   storageAdvice("storage account"),
})

// azureMethods are those that Azure Storage knows.
var azureMethods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "MERGE"}

func azureStorageSnippet(p *cors.Policy) Snippet {
	d := planFor(p, "Azure Storage", canList|canExpose|canMaxAge|canCredentials)
	var c code
	c.line("az storage cors add --account-name NAME --services b \\")
	values := func(option string, list []string) {
		c.when(len(list) > 0, "  --%s %s \\", option, shell.Join(list))
	}
	values("origins", d.origins())
	values("methods", d.listed(azureMethods))
	values("allowed-headers", d.headers)
	values("exposed-headers", d.expose)
	if d.maxAge == "" {
		d.maxAge = "5"
	}
	c.line("  --max-age %s", d.maxAge)
	if d.credentials {
		d.gap("has no setting for credentials: it ignores cookies; sign the URL or send Authorization.")
	}
	return Snippet{File: "a shell", Place: "with the name of your account; b is for blobs", Code: c.lines(), Shortfall: d.Shortfall}
}
