// Writes the readings of readings.jsonl with Parquet writers for JavaScript and with DuckDB.
const fs = require('fs'), path = require('path'), directory = path.resolve(process.argv[2])
const readings = fs.readFileSync(`${directory}/readings.jsonl`, 'utf8').trim().split('\n').map(line => JSON.parse(line))

async function main() {
  const { parquetWriteBuffer } = await import('hyparquet-writer')
  const column = (name, type, of = value => value) => ({ name, type, data: readings.map(r => of(r[name])) })
  fs.writeFileSync(`${directory}/hyparquet.parquet`, Buffer.from(parquetWriteBuffer({ columnData: [
    column('sensor', 'STRING'), column('value', 'DOUBLE'), column('unit', 'STRING'), column('at', 'TIMESTAMP', at => new Date(at)),
  ] })))

  const parquetjs = require('@dsnp/parquetjs')
  const schema = new parquetjs.ParquetSchema({
    sensor: { type: 'BYTE_ARRAY' }, value: { type: 'DOUBLE' }, unit: { type: 'UTF8', optional: true }, at: { type: 'TIMESTAMP_MILLIS' } })
  const writer = await parquetjs.ParquetWriter.openFile(schema, `${directory}/parquetjs.parquet`)
  for (const r of readings) await writer.appendRow({ ...r, sensor: Buffer.from(r.sensor), unit: r.unit ?? undefined, at: new Date(r.at) })
  await writer.close()

  const { DuckDBInstance } = require('@duckdb/node-api')
  const duckdb = await (await DuckDBInstance.create()).connect()
  await duckdb.run(`COPY (SELECT sensor, value, unit, "at"::TIMESTAMPTZ AS "at" FROM read_json('${directory}/readings.jsonl',
    columns = {sensor: 'VARCHAR', value: 'DOUBLE', unit: 'VARCHAR', "at": 'VARCHAR'})) TO '${directory}/duckdb.parquet' (FORMAT parquet)`)
}
main()
