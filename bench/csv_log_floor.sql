-- Floor of loading the log: a hand-written DuckDB script that turns the delivered CSV files into typed zstd Parquet
-- with the codes of the warehouse. It does not validate, does not pseudonymise and sets no rows aside.
-- Variables: dossiers, events (CSV), registry (folder of Parquet), out (folder; dossiers/ and dossier_events/ are below it).
-- tests/oracles/timeliness_floor.sql continues from its output.

set preserve_insertion_order = false;

create temp macro moment(written) as try_strptime(written, '%d/%m/%Y %H:%M');

-- In some exports a due date has no time of day.
create temp macro day_or_moment(written) as coalesce(moment(written), try_strptime(written, '%d/%m/%Y'));

create temp table names as
select written.name, any_value(a.agency_id) as agency_id
from (
    select distinct unnest(["Đơn vị giải quyết", "Đơn vị tiếp nhận", "Đơn vị trả kết quả"]) as name
    from read_csv(getvariable('dossiers'), delim = ';', header = true, all_varchar = true)
) as written
inner join read_parquet(getvariable('registry') || '/agency_aliases.parquet') as a
    on regexp_replace(lower(regexp_replace(trim(nfc_normalize(written.name)), '\s+', ' ', 'g')), ' *- *', '-', 'g')
    = regexp_replace(lower(a.alias), ' *- *', '-', 'g')
group by 1;

set variable agency = (select map(list(name), list(agency_id)) from names);

create temp macro agency_of(written) as getvariable('agency')[written];

copy (
    select
        "Mã hồ sơ" as dossier_code,
        "Mã TTHC" as procedure_code,
        agency_of("Đơn vị tiếp nhận") as receiving_agency_id,
        agency_of("Đơn vị giải quyết") as resolving_agency_id,
        agency_of("Đơn vị trả kết quả") as returning_agency_id,
        case "Kênh thực hiện"
            when 'Trực tiếp' then 'direct'
            when 'Trực tuyến' then 'online'
            when 'Bưu chính công ích' then 'post'
        end as channel,
        case "Hồ sơ điện tử" when 'Có' then true when 'Không' then false end as is_e_dossier,
        moment("Ngày nộp") as submitted_at,
        moment("Ngày tiếp nhận") as received_at,
        day_or_moment("Ngày hẹn trả") as due_at,
        moment("Ngày kết thúc xử lý") as finished_at,
        moment("Ngày trả") as returned_at,
        case "Trạng thái"
            when 'Được tiếp nhận' then 'received'
            when 'Đang xử lý' then 'processing'
            when 'Yêu cầu bổ sung' then 'supplement_requested'
            when 'Chờ nghĩa vụ tài chính' then 'awaiting_payment'
            when 'Công dân rút hồ sơ' then 'withdrawn'
            when 'Dừng xử lý' then 'stopped'
            when 'Đã xử lý xong' then 'finished'
            when 'Đã trả kết quả' then 'returned'
        end as status,
        "Số giấy tờ" as applicant_key
    from read_csv(getvariable('dossiers'), delim = ';', header = true, all_varchar = true)
    where "DeletedOn" is null
) to (getvariable('out') || '/dossiers/floor/part-0.parquet') (format parquet, compression zstd);

copy (
    select
        "Mã hồ sơ" as dossier_code,
        case "Loại sự kiện"
            when 'Tiếp nhận' then 'received'
            when 'Phiếu hướng dẫn' then 'guidance_slip'
            when 'Chuyển xử lý' then 'transferred'
            when 'Yêu cầu bổ sung' then 'supplement_notice'
            when 'Đã bổ sung' then 'supplement_received'
            when 'Thông báo thuế' then 'tax_notice'
            when 'Đã nộp thuế' then 'tax_paid'
            when 'Tạm dừng' then 'pause'
            when 'Tiếp tục' then 'resume'
            when 'Xin lỗi và hẹn lại' then 'apology_reschedule_notice'
            when 'Kết thúc xử lý' then 'finished'
            when 'Mời nhận kết quả sớm' then 'early_result_invitation'
            when 'Trả kết quả' then 'returned'
            when 'Thông báo từ chối' then 'refusal_notice'
            when 'Rút hồ sơ' then 'withdrawn'
            when 'Mở lại' then 'reopened'
        end as event_type,
        moment("Thời điểm") as occurred_at,
        agency_of("Đơn vị") as agency_id,
        "Số văn bản" as document_no,
        day_or_moment("Ngày hẹn mới") as new_due_at,
        row_number() over () as line
    from read_csv(getvariable('events'), delim = ';', header = true, all_varchar = true)
) to (getvariable('out') || '/dossier_events/floor/part-0.parquet') (format parquet, compression zstd);
