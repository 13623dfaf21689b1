// Package def parses and validates the files of a project: connections,
// datasources, models, syncs and settings.
//
// It is pure: bytes in, definitions or mistakes out; no I/O beyond an fs.FS and
// no clock. What must stay true:
//
//   - Every mistake of every file is reported at once, each with its file and
//     line, what is wrong and what would be right.
//   - An unknown key is a mistake, never ignored. The keys that exist are those
//     of Keys; docs/project-files.md lists exactly them.
//   - A definition never holds the value of a referenced secret. A literal
//     secret prints **redacted** in every verb, in JSON too; only Secret.Reveal
//     shows it.
//
// The file names are the names of things: syncs/orders.yaml defines the sync
// "orders".
package def
