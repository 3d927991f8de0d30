// Command devtools writes, as test data, what the developer tools of browsers
// copy and export: the texts of "Copy as cURL", "as PowerShell" and "as fetch",
// and HAR files.
//
// A page makes a set of requests (requests.js) to servers on fixed loopback
// ports (answers.go), in Chromium and in Firefox, with the browser's own
// Network panel open on it. Then the panel's own handlers run: in Chromium from
// a script in the front-end, which the browser serves on its debugging port to
// a second tab (inspector.js), and in Firefox from a script in the toolbox,
// over Marionette (netmonitor.js). Only the descriptions of the requests are
// made here:
//
//   - BROWSER/NAME.FORM.txt is a copy, byte for byte. The forms are bash, cmd,
//     powershell, fetch and, for Chromium, node; all.FORM.txt is "Copy all as
//     …", which Firefox does not have.
//   - BROWSER/NAME.json is what the server saw of that request;
//     NAME.preflight.* is about its preflight.
//   - BROWSER.har is the export. Chromium's is sanitized;
//     chromium-sensitive.har is one "with sensitive data", with fewer requests.
//   - BROWSER.json is what the page's script asked for and saw for each request
//     in BROWSER.har, with the console's messages about it.
//
// Times, multipart boundaries, WebSocket keys and connection ids differ from
// run to run; everything else stays the same as long as the browsers do.
package main
