% Octave: printed matrices, text formats and a figure.
save_header_format_string('# Created by Octave 7.3.0, %a %b %d %H:%M:%S %Y %Z <analyst@desk>');
fid = fopen('source/persons_plain.csv'); fgetl(fid);
c = textscan(fid, repmat('%s', 1, 36), 'Delimiter', ','); fclose(fid);
age = str2double(c{5}); hb = str2double(c{21}); ferritin = str2double(c{17}); bags = str2double(c{13});
height = str2double(c{11}); weight = str2double(c{12}); anti = str2double(c{31}); stroke = str2double(c{33});
function t = cross(a, b)
  [~, ~, i] = unique(a); [~, ~, j] = unique(b); t = accumarray([i j], 1);
end
diary files/octave/session_small.txt
n_blood_antibodies = cross(c{10}, anti)
blood = unique(c{10})
ages_with_three = sort(age(anti == 3))'
diary off
diary files/octave/session_large.txt
n_doing_gender = cross(c{8}, c{3})
doing = unique(c{8})
b = [ones(5000, 1) age bags] \ hb
R = corr([ferritin bags hb])
diary off
counts = cross(c{14}, c{31}); chelator = unique(c{14});
save('-text', 'files/octave/antibodies.txt', 'chelator', 'counts');
counts = cross(c{10}, c{3}); blood = unique(c{10});
save('-text', 'files/octave/blood_gender.txt', 'blood', 'counts');
sample = [age height weight ferritin hb](700:759, :);
save('-text', 'files/octave/sample.mat', 'sample');
save('-v6', 'files/octave/sample_v6.mat', 'sample');
