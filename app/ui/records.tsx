// biome-ignore-all lint/a11y/noRedundantRoles: a style sheet that lays a table out as cards takes the built-in roles away
/** A table that becomes a list of cards where it has too little width; every cell repeats its column's name there. */
import type { ReactNode } from "react";

export interface Column<Row> {
  readonly name: string;
  readonly cell: (row: Row) => ReactNode;
  /** Digits stand under each other. */
  readonly digits?: boolean;
  /** The value stays on one line. */
  readonly whole?: boolean;
}

export interface RecordsProps<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
}

const classOf = <Row,>({ digits = false, whole = false }: Column<Row>): string =>
  `${digits ? "b-digits " : ""}${digits || whole ? "b-whole" : ""}`.trim();

export function Records<Row>({ caption, columns, rows, keyOf }: RecordsProps<Row>) {
  return (
    <div className="b-records-frame">
      <table className="b-records" role="table" aria-label={caption}>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <th key={column.name} role="columnheader" scope="col">
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr key={keyOf(row)} role="row">
              {columns.map((column) => (
                <td key={column.name} role="cell" data-label={column.name} className={classOf(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
