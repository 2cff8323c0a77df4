# Ruby: what pp, puts and YAML make of counts and of rows.
require 'csv'
require 'pp'
require 'yaml'
require 'json'
rows = CSV.read('source/persons.csv', headers: true)
out = ->(name, text) { File.write("files/ruby/#{name}", text) }
by = ->(*keys) { rows.group_by { |r| keys.map { |k| r[k] } }.transform_values(&:size).sort.to_h }
out['pp_tally_unit_diabetes.txt', PP.pp(by['unit', 'diabetes'], +'', 79)]
out['pp_tally_chelator_diabetes.txt', PP.pp(by['chelator', 'diabetes'], +'', 79)]
nested = rows.group_by { |r| r['tongue'] }.sort.to_h { |k, v| [k, v.map { |r| r['spleen_out'] }.tally.sort.to_h] }
out['tongue_spleen.yaml', nested.to_yaml]
doing = rows.group_by { |r| r['doing'] }.sort.to_h { |k, v| [k, { 'persons' => v.size, 'died' => v.map { |r| r['died'].to_i }.sum, 'mean_hb' => (v.map { |r| r['hb'].to_f }.sum / v.size).round(1) }] }
out['doing_died.yaml', doing.to_yaml]
some = rows.select { |r| r['doing'] == 'not told' }.first(25)
out['inspect_not_told.txt', some.map { |r| r.to_h.slice('age', 'gender', 'height_cm', 'weight_kg', 'ferritin', 'cost').inspect }.join("\n") + "\n"]
out['settings.yaml', { 'study' => 'iron overload', 'versions' => { 'ruby' => RUBY_VERSION, 'csv' => CSV::VERSION }, 'bands' => { 'ferritin' => [500, 1000, 2500, 5000], 'age' => [5, 12, 18, 40] }, 'threshold' => 10, 'seed' => 7 }.to_yaml]
