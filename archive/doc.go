// Package archive keeps a history safe beside the server that makes it: backup and restore of the database, verifying it, and
// export and import as text. It works on data directories and files, whether or not a server runs there.
//
// It knows nothing of hubs, doors or the command line, and takes no lock: who fills a directory holds it already.
//
// Its laws:
//   - What it makes appears whole, checked and on the disk, or not at all: under another name first, then under its own.
//   - Nothing that exists is overwritten.
//   - What it reads of a data directory is of one moment.
//   - The same content exports to the same bytes, and an export of an import is the export imported.
package archive

import "parley/locale"

// Progress is told how far a step has come, now and then, by the goroutine that works. A total of 0 is not known.
type Progress func(step locale.Text, done, total int64)

var (
	stepCopy   = locale.Text{EN: "copying", ZH: "复制"}
	stepCheck  = locale.Text{EN: "checking", ZH: "校验"}
	stepHash   = locale.Text{EN: "hashing", ZH: "计算校验和"}
	stepExport = locale.Text{EN: "exporting", ZH: "导出"}
	stepImport = locale.Text{EN: "importing", ZH: "导入"}
)
