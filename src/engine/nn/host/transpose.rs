//! Matrix transposition.

/// Rows that are transposed together.
const TOGETHER: usize = 4;

/// Transposes `count` rows of `length` entries: entry i of row j goes to `columns[i · step + j]`. It is zero if that
/// row is shorter.
#[inline(always)]
pub(super) fn transpose<'a>(
    count: usize,
    row: impl Fn(usize) -> &'a [f32],
    columns: &mut [f32],
    step: usize,
    length: usize,
) {
    let mut first = 0;
    while first + TOGETHER <= count {
        let rows: [&[f32]; TOGETHER] = std::array::from_fn(|i| row(first + i));
        together(&rows, &mut columns[first..], step, length);
        first += TOGETHER;
    }
    for single in first..count {
        together(&[row(single)], &mut columns[single..], step, length);
    }
}

#[inline(always)]
fn together(rows: &[&[f32]], columns: &mut [f32], step: usize, length: usize) {
    let lines = columns.chunks_mut(step).take(length);
    if let &[a, b, c, d] = rows
        && [a, b, c, d].iter().all(|row| row.len() == length)
    {
        let entries = a.iter().zip(b).zip(c.iter().zip(d));
        for (line, ((&a, &b), (&c, &d))) in lines.zip(entries) {
            line[..TOGETHER].copy_from_slice(&[a, b, c, d]);
        }
    } else {
        for (i, line) in lines.enumerate() {
            for (to, row) in line.iter_mut().zip(rows) {
                *to = row.get(i).copied().unwrap_or(0.0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_columns_and_short_rows_are_padded_with_zeros() {
        let sizes = [(1, 3), (4, 5), (7, 2), (9, 9), (8, 12)];
        for ((count, length), short) in sizes.into_iter().flat_map(|size| [(size, 0), (size, 1)]) {
            let matrix: Vec<f32> = (0..count * length).map(|i| i as f32).collect();
            let mut columns = vec![f32::NAN; length * (count + 2)];
            let row = |row: usize| &matrix[row * length..][..length - row % 2 * short];
            transpose(count, row, &mut columns, count + 2, length);
            for (j, i) in (0..count).flat_map(|j| (0..length).map(move |i| (j, i))) {
                let missing = j % 2 * short == 1 && i == length - 1;
                let expected = if missing { 0.0 } else { matrix[j * length + i] };
                assert_eq!(columns[i * (count + 2) + j], expected);
            }
        }
    }
}
