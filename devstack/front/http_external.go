package front

import (
	"io"
	"mime/multipart"
	"net/url"

	"github.com/longshore/longshore/devstack/chdb"
)

// externalTable is a temporary table that came with a request.
type externalTable struct {
	name, format, structure string
	data                    []byte
}

// maxExternal is the most that one request may send in temporary tables, in bytes.
const maxExternal = 256 << 20

// readForm reads the parts of a form: the field "query", and files that are tables.
func readForm(body io.Reader, boundary string, values url.Values, sql string) ([]externalTable, string, error) {
	var tables []externalTable
	form := multipart.NewReader(io.LimitReader(body, maxExternal), boundary)
	for {
		part, err := form.NextPart()
		if err == io.EOF {
			return tables, sql, nil
		}
		if err != nil {
			return nil, "", badRequest("read form: %v", err)
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return nil, "", badRequest("read form: %v", err)
		}
		name := part.FormName()
		if name == "query" {
			sql += string(data)
			continue
		}
		table := externalTable{name: name, format: values.Get(name + "_format"), structure: values.Get(name + "_structure"), data: data}
		if table.format == "" {
			table.format = "TabSeparated"
		}
		if table.structure == "" {
			return nil, "", badRequest("temporary table %s has no %s_structure", name, name)
		}
		tables = append(tables, table)
	}
}

// addExternalTables creates the request's temporary tables; they end with the session.
func (h *httpQuery) addExternalTables() error {
	for _, t := range h.request.external {
		name := chdb.QuoteName(t.name)
		if err := h.session.exec("CREATE TEMPORARY TABLE " + name + " (" + t.structure + ") ENGINE = Memory"); err != nil {
			return err
		}
		if _, err := h.session.insertText(insertStatement{head: "INSERT INTO " + name, format: t.format}, string(t.data), nil); err != nil {
			return err
		}
	}
	return nil
}
