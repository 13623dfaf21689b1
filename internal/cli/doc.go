// Package cli is the longshore command: what a person types. All it knows of
// runs it asks the API for; only the files of a project are its own business.
//
// What must stay true:
//
//   - Standard output is the answer and nothing else: with --output json it is
//     one JSON document, of the API's types. Progress, notes and errors go to
//     standard error.
//   - The exit code says what happened; see Code.
//   - Secrets are never printed, and asked for without echo.
package cli
